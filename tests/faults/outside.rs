//! What reaches into a server from outside: C programs beside these tests, built with `cc`.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use tempfile::TempDir;

/// Something built from a source beside these tests; `None`, and a word why, without a compiler.
fn built(source: &str, flags: &[&str]) -> Option<(TempDir, PathBuf)> {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (Path::new("tests/faults").join(source), dir.path().join("built"));
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(from);
    match Command::new("cc").args(["-O1", "-o"]).arg(&to).args(flags).arg(&from).output() {
        Ok(out) if out.status.success() => Some((dir, to)),
        Ok(out) => panic!("{source}: {}", String::from_utf8_lossy(&out.stderr)),
        Err(error) => {
            println!("skipped: no C compiler ({error})");
            None
        }
    }
}

/// Where a thread is held.
#[derive(Clone, Copy, Debug)]
pub enum Where {
    /// Wherever it is, which is asleep when nothing happens.
    Now,
    /// Where it begins its next write.
    AtWrite,
    /// Where it next waits for the disk.
    AtSync,
}

/// Stops the events thread of a server, until it is let go or dropped.
pub struct Hold {
    tracer: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    _built: TempDir,
}

impl Hold {
    /// `None`, and a word why, where the system does not let a test do this.
    #[track_caller]
    pub fn events_thread(pid: u32, at: Where) -> Option<Self> {
        let (dir, program) = built("hold.c", &[])?;
        let mut command = Command::new(program);
        command.arg(pid.to_string()).arg("events");
        match at {
            Where::Now => {}
            Where::AtWrite => drop(command.arg("write")),
            Where::AtSync => drop(command.arg("sync")),
        }
        let mut tracer = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (tracer.stdin.take(), BufReader::new(tracer.stdout.take().unwrap()));
        let mut hold = Self { tracer, stdin, stdout, _built: dir };
        if hold.says().as_deref() != Some("armed") {
            println!("skipped: a thread cannot be held here");
            return None;
        }
        if matches!(at, Where::Now) {
            hold.await_held();
        }
        Some(hold)
    }

    /// Waits until the thread stands where it was to be held.
    #[track_caller]
    pub fn await_held(&mut self) {
        assert_eq!(self.says().as_deref(), Some("held"));
    }

    fn says(&mut self) -> Option<String> {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.strip_suffix('\n').map(str::to_owned)
    }

    /// The thread goes on.
    #[track_caller]
    pub fn let_go(mut self) {
        drop(self.stdin.take());
        assert!(self.tracer.wait().unwrap().success());
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.tracer.wait();
    }
}

/// A wall clock that a test sets, for the programs that it is preloaded into.
pub struct WallClock {
    dir: TempDir,
    library: PathBuf,
}

impl WallClock {
    /// One that goes right; `None`, and a word why, where it cannot be had.
    pub fn new() -> Option<Self> {
        let (dir, library) = built("clock.c", &["-shared", "-fPIC"])?;
        fs::write(dir.path().join("ahead"), [0; 8]).unwrap();
        let clock = Self { dir, library };
        clock.set(1_000_000_000);
        let date = Command::new("date").arg("+%Y").envs(clock.env()).output().ok()?;
        clock.set(0);
        if String::from_utf8_lossy(&date.stdout).trim().parse::<i32>().unwrap_or(0) < 2050 {
            println!("skipped: nothing can be preloaded here");
            return None;
        }
        Some(clock)
    }

    /// What a program must find in its environment.
    pub fn env(&self) -> [(&'static str, String); 2] {
        let show = |path: &Path| path.to_str().unwrap().to_owned();
        [("LD_PRELOAD", show(&self.library)), ("CLOCK_AHEAD", show(&self.dir.path().join("ahead")))]
    }

    /// Sets it so many seconds ahead of the true time.
    pub fn set(&self, seconds: i64) {
        let file = fs::File::options().write(true).open(self.dir.path().join("ahead")).unwrap();
        file.write_all_at(&seconds.to_ne_bytes(), 0).unwrap();
        (&file).flush().unwrap();
    }
}
