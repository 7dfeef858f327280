/* Holds one thread of a process: `hold PID NAME` stops the thread of that name where it is,
 * `hold PID NAME write` where it next begins to write, `hold PID NAME sync` where it next waits
 * for the disk. Says `armed`, then `held`; lets go when
 * its input ends. Exits with 3 where the system does not let it. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

static pid_t thread_named(const char *pid, const char *name)
{
    char path[300], comm[64];
    struct dirent *entry;
    snprintf(path, sizeof path, "/proc/%s/task", pid);
    DIR *tasks = opendir(path);
    while (tasks && (entry = readdir(tasks))) {
        snprintf(path, sizeof path, "/proc/%s/task/%s/comm", pid, entry->d_name);
        FILE *file = fopen(path, "r");
        if (!file)
            continue;
        char *read = fgets(comm, sizeof comm, file);
        fclose(file);
        if (read && (comm[strcspn(comm, "\n")] = 0, !strcmp(comm, name)))
            return atoi(entry->d_name);
    }
    return 0;
}

static int begins(pid_t tid, unsigned long call)
{
    struct __ptrace_syscall_info info;
    long size = ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info);
    return size > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == call;
}

int main(int count, char **args)
{
    int status;
    char end;
    pid_t tid = thread_named(args[1], args[2]);
    if (!tid || ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACESYSGOOD)) {
        perror("hold");
        return 3;
    }
    if (ptrace(PTRACE_INTERRUPT, tid, 0, 0) || waitpid(tid, &status, __WALL) < 0)
        return 3;
    puts("armed");
    fflush(stdout);
    if (count > 3) {
        do {
            if (ptrace(PTRACE_SYSCALL, tid, 0, 0) || waitpid(tid, &status, __WALL) < 0 || !WIFSTOPPED(status))
                return 4;
        } while (!begins(tid, strcmp(args[3], "sync") ? SYS_write : SYS_fdatasync));
    }
    puts("held");
    fflush(stdout);
    while (read(0, &end, 1) > 0)
        ;
    return ptrace(PTRACE_DETACH, tid, 0, 0) ? 4 : 0;
}
