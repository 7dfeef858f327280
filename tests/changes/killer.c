/* Kills a program before the nth thing it does to a file system: `killer ARM N PROGRAM ARGS…`.
 * Counts from the moment at which the file ARM is there. Exits with 3 where the system does not
 * let it trace, with 9 once it has killed, and otherwise as the program does. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

static int changes(const struct __ptrace_syscall_info *info)
{
    const __u64 *args = info->entry.args;
    switch (info->entry.nr) {
    case SYS_openat:
        return (args[2] & O_CREAT) != 0;
    case SYS_write: case SYS_pwrite64: case SYS_writev: case SYS_ftruncate:
    case SYS_renameat: case SYS_renameat2: case SYS_linkat: case SYS_symlinkat: case SYS_unlinkat: case SYS_mkdirat:
    case SYS_fsync: case SYS_fdatasync: case SYS_syncfs:
    case SYS_fchmod: case SYS_fchown: case SYS_fsetxattr: case SYS_utimensat:
#ifdef SYS_rename
    case SYS_rename: case SYS_unlink: case SYS_mkdir:
#endif
        return 1;
    }
    return 0;
}

int main(int count, char **words)
{
    if (count < 4)
        return 2;
    long left = atol(words[2]);
    pid_t child = fork();
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0))
            _exit(3);
        raise(SIGSTOP);
        execv(words[3], words + 3);
        _exit(127);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        return 3;
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, child, 0, options) || ptrace(PTRACE_SYSCALL, child, 0, 0))
        return 3;
    for (;;) {
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0)
            return errno == ECHILD ? 0 : 3;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (thread == child)
                return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            continue;
        }
        int signal = WSTOPSIG(status), pass = 0;
        if (signal == (SIGTRAP | 0x80)) {
            struct __ptrace_syscall_info info;
            long size = ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info);
            if (size > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY && changes(&info) && access(words[1], F_OK) == 0 &&
                --left == 0) {
                kill(child, SIGKILL);
                /* the first thread is the last to go, and each has to be waited for */
                while ((thread = waitpid(-1, &status, __WALL)) > 0 && !(thread == child && WIFSIGNALED(status)))
                    ;
                return 9;
            }
        } else if (signal != SIGTRAP && signal != SIGSTOP) {
            pass = signal;
        }
        ptrace(PTRACE_SYSCALL, thread, 0, pass);
    }
}
