//! The one thread that owns the file.
//!
//! It takes what waits, writes it with one `write`, and only then tells those
//! who wait. What cannot be written is refused at once, counted, and said in
//! the log as soon as there is one again; the writer recovers by itself.

use std::{
    collections::{HashSet, VecDeque},
    io,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};

use super::{
    caps::{Caps, Reserve},
    clock::Clock,
    event::{Encoded, Event, EventKind, Severity},
    files::FileName,
    ground::Ground,
    job::{Job, Weight},
    queue::{Queue, Woken},
    sink::{Line, Sink, stamp},
};
use crate::limits;

/// Why nothing can be written at present.
struct Trouble {
    since: Timestamp,
    why: String,
    /// The reserve was spent to say so.
    is_said: bool,
}

/// The writer of one run.
pub(super) struct Writer<G, C> {
    pub(super) sink: Sink<G>,
    pub(super) clock: C,
    pub(super) queue: Arc<Queue>,
    pub(super) caps: Caps,
    /// Whether there is a reason for a file.
    awake: bool,
    quiet: VecDeque<(Timestamp, Encoded)>,
    trouble: Option<Trouble>,
    retry_at: Option<Instant>,
    reserve: Reserve,
    /// What is still to be said: of a part that somebody took away, of a file that was found.
    pub(super) owed: Vec<Encoded>,
    /// What the wall said, and when.
    seen: (Timestamp, Duration),
    /// The wall clock went ahead by itself: files may only seem to be old.
    has_leapt: bool,
    missing_said: Option<Duration>,
    /// Files of other runs that are still to be looked at for how they ended; `None` before the first look.
    pub(super) unlooked: Option<Vec<FileName>>,
    /// Files that should go and cannot be removed.
    pub(super) stuck: HashSet<FileName>,
    pruned: Option<Duration>,
    unpruned_bytes: u64,
}

impl<G: Ground, C: Clock> Writer<G, C> {
    /// A writer with its first event, which waits for something to happen.
    pub(super) fn new(sink: Sink<G>, clock: C, queue: Arc<Queue>, caps: Caps, started: &Event) -> Self {
        let seen = (clock.wall(), clock.run());
        // so that a file under another name shows
        let started = started.clone().detail("file", sink.first().to_string());
        Self {
            sink,
            clock,
            queue,
            caps,
            awake: false,
            quiet: VecDeque::from([(seen.0, started.encode())]),
            trouble: None,
            retry_at: None,
            reserve: Reserve::Unasked,
            owed: Vec::new(),
            seen,
            has_leapt: false,
            missing_said: None,
            unlooked: None,
            stuck: HashSet::new(),
            pruned: None,
            unpruned_bytes: 0,
        }
    }

    /// Makes the file now.
    pub(super) fn begin(&mut self) -> io::Result<()> {
        self.awake = true;
        let lines: Vec<_> = self.quiet.drain(..).collect();
        let lines: Vec<Line<'_>> = lines.iter().map(|(at, record)| (*at, record)).collect();
        self.commit(&lines)?;
        self.chores();
        Ok(())
    }

    /// Works until the queue is closed.
    pub(super) fn run(mut self) {
        let mut batch = Vec::with_capacity(limits::EVENTS_BATCH_MAX);
        loop {
            let woken = self.queue.take(&mut batch, self.wake_at());
            self.queue.set_busy(Some(Instant::now()));
            self.work(&mut batch, woken);
            self.queue.set_busy(None);
            if woken.closed {
                break;
            }
        }
        self.finish();
    }

    fn wake_at(&self) -> Option<Instant> {
        let prune = self.pruned.map(|pruned| {
            let next = (pruned + limits::EVENTS_PRUNE_EVERY).saturating_sub(self.clock.run());
            Instant::now() + next.max(Duration::from_secs(1))
        });
        [self.retry_at, prune].into_iter().flatten().min()
    }

    fn work(&mut self, batch: &mut Vec<Job>, woken: Woken) {
        // both hands at one moment: a write that hangs is no clock that jumps
        let seen = (self.clock.wall(), self.clock.run());
        let at = seen.0;
        let waiting = batch.len();
        batch.retain(Job::take);
        self.queue.unsaid.fetch_add((waiting - batch.len()) as u64, Ordering::Relaxed);
        let counted = if woken.fold { self.queue.take_fold(Instant::now()) } else { None };
        if !self.awake && counted.is_none() && batch.iter().all(|job| job.weight == Weight::Quiet) {
            self.seen = seen;
            self.keep(at, batch);
            return;
        }
        self.awake = true;
        if woken.rotate && self.sink.current().is_some() {
            self.rotate(at);
        }

        let missing = self.missing();
        let jump = self.clock_jump(seen);
        let fold = counted.as_ref().map(|counted| counted.event(Instant::now()));
        let said: Vec<_> = [jump, missing.as_ref().map(|(event, _)| event.clone()), fold]
            .into_iter()
            .flatten()
            .map(|event| event.encode())
            .collect();
        let quiet = std::mem::take(&mut self.quiet);
        let mut lines: Vec<Line<'_>> = quiet.iter().map(|(at, record)| (*at, record)).collect();
        lines.extend(said.iter().map(|record| (at, record)));
        for job in batch.iter() {
            lines.extend(job.companion.iter().chain([&job.record]).map(|record| (at, record)));
        }
        let written = lines.is_empty() || self.commit_or_fail(&lines);
        drop(lines);
        if written {
            self.in_time();
            self.seen = seen;
            batch.drain(..).for_each(|job| job.done(true));
            self.chores();
        } else {
            self.quiet = quiet;
            if let Some(counted) = counted {
                self.queue.give_back(counted, Instant::now());
            }
            let lost = batch.len() as u64 + missing.map_or(0, |(_, count)| count);
            self.queue.unsaid.fetch_add(lost, Ordering::Relaxed);
            let unheard = batch.drain(..).filter(|job| !job.is_waited_for()).count();
            self.queue.dropped.fetch_add(unheard as u64, Ordering::Relaxed);
        }
    }

    fn in_time(&self) {
        if self.queue.set_in_time() {
            tracing::info!("security events are written in time again");
        }
    }

    /// Keeps quiet records until something happens; the start is kept always.
    fn keep(&mut self, at: Timestamp, batch: &mut Vec<Job>) {
        for job in batch.drain(..) {
            if self.quiet.len() >= limits::EVENTS_QUIET_MAX {
                self.quiet.remove(1);
                self.queue.dropped.fetch_add(1, Ordering::Relaxed);
            }
            self.quiet.push_back((at, job.record));
        }
    }

    /// What has to be said about events that were not written, and how many those are.
    fn missing(&mut self) -> Option<(Event, u64)> {
        let now = self.clock.run();
        let is_due = self.missing_said.is_none_or(|said| now.saturating_sub(said) >= Duration::from_secs(1));
        if self.trouble.is_none() && !is_due {
            return None;
        }
        let count = self.queue.unsaid.swap(0, Ordering::Relaxed);
        if count == 0 && self.trouble.is_none() {
            return None;
        }
        self.missing_said = Some(now);
        Some((self.missing_event(count), count))
    }

    fn missing_event(&self, count: u64) -> Event {
        let mut event = Event::new(EventKind::EventsMissing, Severity::High);
        if count > 0 {
            event = event.detail("missing", count);
        }
        match &self.trouble {
            Some(trouble) => event.detail("reason", &*trouble.why).detail("since", stamp(trouble.since)),
            None => event.detail("reason", "more came than could be written in time"),
        }
    }

    /// The event of a wall clock that moved by itself.
    fn clock_jump(&mut self, (at, run): (Timestamp, Duration)) -> Option<Event> {
        let elapsed = run.saturating_sub(self.seen.1);
        let expected = self.seen.0.saturating_add(SignedDuration::try_from(elapsed).ok()?).ok()?;
        let moved = at.duration_since(expected);
        // a clock that is being corrected slowly does not jump
        let allowed = limits::CLOCK_DRIFT_MAX + elapsed / 1_000;
        let has_jumped = moved.unsigned_abs() > allowed;
        self.has_leapt |= has_jumped && moved.is_positive();
        has_jumped.then(|| {
            Event::new(EventKind::ClockJump, Severity::Medium)
                .detail("expected", stamp(expected))
                .detail("found", stamp(at))
                .detail("seconds", moved.as_secs())
        })
    }

    /// Writes all lines, or notes the trouble.
    pub(super) fn commit_or_fail(&mut self, lines: &[Line<'_>]) -> bool {
        match self.commit(lines) {
            Ok(()) => {
                if let Some(trouble) = self.trouble.take() {
                    tracing::info!(since = %stamp(trouble.since), "security events are written again");
                    self.queue.set_failing(None);
                }
                self.retry_at = None;
                true
            }
            Err(error) => {
                self.fail(&error);
                false
            }
        }
    }

    fn commit(&mut self, lines: &[Line<'_>]) -> io::Result<()> {
        self.set_aside()?;
        let (now, at) = (self.clock.run(), self.clock.wall());
        self.settle(now)?;
        let bytes = lines.iter().map(|(_, record)| record.bytes_max() as u64).sum();
        if self.sink.is_over(bytes, now) {
            self.next_part(at, now)?;
        }
        let all: Vec<Line<'_>> =
            self.owed.iter().map(|record| (at, record)).chain(lines.iter().copied()).collect();
        let bytes = self.sink.append(&all)?;
        self.unpruned_bytes += bytes;
        self.queue.wrote(bytes, all.iter().map(|(_, record)| (record.kind, record.severity)));
        self.owed.clear();
        Ok(())
    }

    /// Whether a file's age may be what the wall clock makes of it. A clock
    /// that is set to the year 2036 must not remove a log of yesterday.
    pub(super) const fn trusts_ages(&self) -> bool {
        !self.has_leapt
    }

    fn settle(&mut self, now: Duration) -> io::Result<()> {
        if let Some(lost) = self.sink.settle(now)? {
            tracing::error!(
                "{} ({}): its {} events are lost, and security events go on in the next part",
                lost.why,
                lost.name,
                lost.events
            );
            let event = Event::new(EventKind::EventsMissing, Severity::High)
                .detail("reason", lost.why)
                .detail("file", lost.name.to_string())
                .detail("events", lost.events);
            self.owed.push(event.encode());
        }
        Ok(())
    }

    /// The reserve is taken once the first file is wanted. Once it is spent,
    /// nothing but its loss is written until it is there again.
    fn set_aside(&mut self) -> io::Result<()> {
        match self.reserve {
            Reserve::Held { .. } | Reserve::None => {}
            Reserve::Spent => self.reserve = Reserve::Held { _space: self.sink.ground.reserve()? },
            Reserve::Unasked => {
                self.reserve = match self.sink.ground.reserve() {
                    Ok(space) => Reserve::Held { _space: space },
                    Err(error) => {
                        tracing::debug!(%error, "no space could be set aside for the day the disk is full");
                        Reserve::None
                    }
                };
            }
        }
        Ok(())
    }

    fn fail(&mut self, error: &io::Error) {
        let why = error.to_string();
        self.retry_at = Some(Instant::now() + limits::EVENTS_RETRY_EVERY);
        if let Some(trouble) = &mut self.trouble {
            trouble.why.clone_from(&why);
        } else {
            tracing::error!(
                "security events cannot be written to `{}`: {why} (tried again twice a second; until it works, calls are \
                 refused, or go unrecorded with `events.on_failure = \"serve\"`)",
                self.sink.ground.shown()
            );
            self.trouble = Some(Trouble { since: self.clock.wall(), why: why.clone(), is_said: false });
        }
        self.queue.set_failing(Some(why));
        let is_full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        if is_full && matches!(self.reserve, Reserve::Held { .. }) {
            self.reserve = Reserve::Spent; // gives its space back
            if self.trouble.as_mut().is_some_and(|trouble| std::mem::replace(&mut trouble.is_said, true)) {
                return;
            }
            let event = self.missing_event(self.queue.unsaid.load(Ordering::Relaxed)).encode();
            if let Ok(bytes) = self.sink.append(&[(self.clock.wall(), &event)]) {
                self.queue.wrote(bytes, [(event.kind, event.severity)]);
            }
        }
    }

    fn rotate(&mut self, at: Timestamp) {
        let now = self.clock.run();
        if let Err(error) = self.settle(now).and_then(|()| self.next_part(at, now)) {
            self.fail(&error);
        }
    }

    fn next_part(&mut self, at: Timestamp, now: Duration) -> io::Result<()> {
        let bytes = self.sink.rotate(at, now)?;
        self.queue.wrote(bytes, [(EventKind::EventsRotated, Severity::Low)]);
        Ok(())
    }

    /// What is done after callers have had their answer.
    fn chores(&mut self) {
        let now = self.clock.run();
        let is_due =
            self.pruned.is_none_or(|pruned| now.saturating_sub(pruned) >= limits::EVENTS_PRUNE_EVERY);
        if is_due || self.unpruned_bytes >= self.caps.step_bytes() {
            self.pruned = Some(now);
            self.recover();
            if self.prune() {
                self.unpruned_bytes = 0;
            }
        }
    }

    fn finish(&mut self) {
        if !self.sink.has_begun() {
            return;
        }
        let mut batch = Vec::new();
        self.work(&mut batch, Woken { fold: true, ..Woken::default() });
        let event = Event::new(EventKind::ServerStopped, Severity::Low)
            .detail("events", self.queue.written.load(Ordering::Relaxed) + 1)
            .detail("failed", self.queue.failed.load(Ordering::Relaxed))
            .detail("dropped", self.queue.dropped.load(Ordering::Relaxed));
        let record = event.encode();
        // a fault may be over by the next attempt, and there is no later one
        let _written = (0..STOP_ATTEMPTS).any(|_| self.commit_or_fail(&[(self.clock.wall(), &record)]));
    }
}

/// How often the last event is tried.
const STOP_ATTEMPTS: usize = 3;

impl<G, C> Drop for Writer<G, C> {
    /// However the thread ends, nobody waits for it in vain.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.queue.set_failing(Some("the events thread ended unexpectedly; restart the server".into()));
        }
        if let Some(tap) = &self.sink.tap {
            tap.ended();
        }
        self.queue.end();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        path::{Path, PathBuf},
        sync::{Mutex, atomic::AtomicUsize},
    };

    use rustix::io::Errno;

    use super::*;
    use crate::events::{
        chain::Digest,
        ground::{
            Directory,
            faults::{Fault, Faulty, Plan},
        },
        reader::{self, Record},
        settings::Durability,
    };

    /// A clock that goes when it is told to.
    #[derive(Clone)]
    struct Hands(Arc<Mutex<(Timestamp, Duration)>>);

    impl Hands {
        fn new() -> Self {
            Self(Arc::new(Mutex::new((Timestamp::now(), Duration::ZERO))))
        }
        fn go(&self, by: Duration) {
            let mut hands = self.0.lock().unwrap();
            hands.0 += by;
            hands.1 += by;
        }
        fn jump(&self, by: SignedDuration) {
            self.0.lock().unwrap().0 += by;
        }
    }

    impl Clock for Hands {
        fn wall(&self) -> Timestamp {
            self.0.lock().unwrap().0
        }
        fn run(&self) -> Duration {
            self.0.lock().unwrap().1
        }
    }

    /// A writer that works when it is told to, in the test's own thread.
    struct Rig {
        writer: Writer<Faulty<Directory>, Hands>,
        hands: Hands,
        calls: u64,
    }

    impl Rig {
        fn new(dir: &Path, run: &str, max_bytes: u64, plan: Plan) -> Self {
            Self::lasting(dir, run, max_bytes, plan, Durability::Disk)
        }

        fn lasting(dir: &Path, run: &str, max_bytes: u64, plan: Plan, durability: Durability) -> Self {
            let hands = Hands::new();
            let ground = Faulty(Directory::open(dir).unwrap(), plan);
            let caps = Caps { max_bytes, max_age: Duration::from_hours(90 * 24) };
            let start = hands.wall().strftime("%Y%m%dT%H%M%SZ").to_string();
            let sink = Sink::new(ground, FileName::first(&start, run), durability, caps.part_bytes());
            let started = Event::new(EventKind::ServerStarted, Severity::Low);
            let writer = Writer::new(sink, hands.clone(), Arc::default(), caps, &started);
            Self { writer, hands, calls: 0 }
        }

        fn plain(dir: &Path) -> Self {
            Self::new(dir, "51c051c0", 256 << 20, Plan::none())
        }

        /// Writes one call. Returns its number, and whether it was written.
        fn call(&mut self) -> (u64, bool) {
            self.call_with("x")
        }

        fn call_with(&mut self, text: &str) -> (u64, bool) {
            self.calls += 1;
            let event = Event::new(EventKind::ToolCalled, Severity::Low)
                .detail("call", self.calls)
                .detail("text", text);
            let (job, ticket) = Job::waited_for(event.encode(), None);
            self.writer.queue.try_push(job).unwrap();
            self.turn();
            (self.calls, ticket.now())
        }

        fn turn(&mut self) {
            let mut batch = Vec::new();
            let woken = self.writer.queue.take(&mut batch, Some(Instant::now()));
            self.writer.work(&mut batch, woken);
        }

        fn stop(mut self) {
            self.writer.queue.close();
            self.turn();
            self.writer.finish();
        }
    }

    /// Every line of a run in its order, after proving that the chain holds and no number is missing.
    #[track_caller]
    fn run_of(dir: &Path, run: &str) -> Vec<Record> {
        let (mut records, mut prev, mut seq) = (Vec::new(), None, None);
        for file in reader::files(dir).unwrap().iter().filter(|file| file.name.run() == run) {
            let text = std::fs::read_to_string(&file.path).unwrap();
            for line in text.split_inclusive('\n') {
                let line = line.strip_suffix('\n').expect("no torn line");
                let record = Record::parse(line.as_bytes()).unwrap();
                let value: serde_json::Value = serde_json::from_str(line).unwrap();
                if let (Some(prev), Some(seq)) = (prev.replace(Digest::of(line.as_bytes())), seq) {
                    assert_eq!(value["prev"], Digest::to_string(&prev), "{line}");
                    assert_eq!(record.fields.seq, seq + 1, "{line}");
                } else if record.fields.seq == 1 {
                    assert_eq!(value["prev"], Digest::START.to_string());
                }
                seq = Some(record.fields.seq);
                records.push(record);
            }
        }
        records
    }

    fn names(records: &[Record]) -> Vec<&str> {
        records.iter().map(|record| &*record.fields.event).collect()
    }

    fn calls(records: &[Record]) -> Vec<u64> {
        records.iter().filter_map(|record| record.fields.details.get("call")?.as_u64()).collect()
    }

    #[test]
    fn a_run_without_a_call_leaves_no_file_and_the_first_call_brings_its_start() {
        let dir = tempfile::tempdir().unwrap();
        let mut rig = Rig::plain(dir.path());
        let quiet = Event::new(EventKind::RequestServed, Severity::Low).encode();
        for _ in 0..100 {
            rig.writer.queue.try_push(Job::note(quiet.clone(), Weight::Quiet)).unwrap();
        }
        rig.turn();
        Rig::plain(dir.path()).stop();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(rig.call().1);
        rig.stop();
        let records = run_of(dir.path(), "51c051c0");
        let names = names(&records);
        assert_eq!((names[0], names[1]), ("server_started", "request_served"));
        assert_eq!(names.len(), limits::EVENTS_QUIET_MAX + 2);
    }

    /// What others left in the directory: a run that was killed, and one that is too old.
    fn leave_behind(dir: &Path) -> [PathBuf; 2] {
        let (killed, old) =
            (dir.join("20260101T000000Z-dead0000.jsonl"), dir.join("20250101T000000Z-dead0000.jsonl"));
        std::fs::write(&killed, "{\"event\":\"tool_called\",\"seq\":1}\n{\"event\":\"to").unwrap();
        std::fs::write(&old, "{\"event\":\"server_stopped\",\"seq\":9}\n").unwrap();
        let long_ago = std::time::SystemTime::now() - Duration::from_hours(91 * 24);
        std::fs::File::options().write(true).open(&old).unwrap().set_modified(long_ago).unwrap();
        [killed, old]
    }

    const FAULTS: [(Fault, usize); 6] = [
        (Fault::Error(Errno::IO), 1),
        (Fault::Error(Errno::NOSPC), 1),
        (Fault::Error(Errno::INTR), 1),
        (Fault::ShortWrite, 1),
        (Fault::ShortWrite, 2),
        (Fault::Error(Errno::NOSPC), 5),
    ];

    /// Call `at` of the writer fails. Gives whether there was one.
    #[track_caller]
    fn survives((fault, times): (Fault, usize), at: usize, durability: Durability) -> bool {
        let dir = tempfile::tempdir().unwrap();
        let [killed, old] = leave_behind(dir.path());
        let made = Arc::new(AtomicUsize::new(0));
        let plan = Plan { at, times, fault, calls: Arc::clone(&made), ..Plan::none() };
        let mut rig = Rig::lasting(dir.path(), "51c051c0", 256 << 20, plan, durability);
        let (mut acknowledged, mut refused) = (Vec::new(), Vec::new());
        for turn in 0..12 + times {
            if turn == 4 {
                rig.writer.queue.rotate();
            }
            let (call, written) = rig.call();
            if written {
                acknowledged.push(call);
            } else {
                refused.push(call);
            }
            if call >= 12 && written {
                break;
            }
        }
        let last = acknowledged.last().copied();
        assert!(last >= Some(12), "it recovers by itself: {fault:?} at {at}, {last:?}");
        rig.stop();
        let was_made = made.load(Ordering::SeqCst) > at;
        let records = run_of(dir.path(), "51c051c0");
        assert_eq!(calls(&records), acknowledged, "{fault:?} at {at}");
        assert!(times > 2 || records.last().unwrap().fields.event == "server_stopped");
        let of = |event: &'static str| records.iter().filter(move |record| record.fields.event == event);
        let missing: u64 = of("events_missing")
            .filter_map(|record| record.fields.details.get("missing")?.as_u64())
            .max()
            .unwrap_or(0);
        assert_eq!(missing, refused.len() as u64, "{fault:?} at {at}");

        // nobody's file is changed, none goes unsaid, and each is noted once
        assert!(std::fs::read_to_string(&killed).unwrap().ends_with("{\"event\":\"to"));
        assert!(old.exists() || of("events_pruned").count() == 1, "{fault:?} at {at}");
        let noted = of("events_recovered").count();
        assert_eq!(killed.with_extension("jsonl.recovered").exists(), noted == 1, "{fault:?} at {at}");
        let mut next = Rig::new(dir.path(), "bbbb0000", 256 << 20, Plan::none());
        next.call();
        next.stop();
        let later = run_of(dir.path(), "bbbb0000");
        let again = later.iter().filter(|record| record.fields.details.get("file") == Some(&KILLED.into()));
        assert_eq!(noted + again.count(), 1, "{fault:?} at {at}");
        was_made
    }

    const KILLED: &str = "20260101T000000Z-dead0000.jsonl";

    #[test]
    fn each_call_of_the_writer_may_fail_and_nothing_acknowledged_is_lost() {
        for durability in [Durability::Kernel, Durability::Disk] {
            for fault in FAULTS {
                let last = (0..10_000).find(|at| !survives(fault, *at, durability)).unwrap();
                assert!(last > 60, "{fault:?}: only {last} calls were made to fail");
            }
        }
    }

    #[test]
    fn a_file_that_cannot_be_removed_is_said_once_and_others_go_in_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let max = 512 << 10;
        let mut rig = Rig::lasting(dir.path(), "51c051c0", max, Plan::none(), Durability::Kernel);
        rig.writer.sink.ground.1.keeps = Some("20240101T000000Z-dead0000.jsonl");
        let put = |name: &str| {
            let text = format!("{}\n{{\"event\":\"server_stopped\",\"seq\":9}}\n", "x".repeat(60_000));
            std::fs::write(dir.path().join(name), text).unwrap();
        };
        put("20240101T000000Z-dead0000.jsonl");
        put("20240102T000000Z-dead0000.jsonl");
        for _ in 0..1_500 {
            assert!(rig.call_with(&"y".repeat(900)).1);
            let files = reader::files(dir.path()).unwrap();
            assert!(files.iter().map(|file| file.len).sum::<u64>() <= max);
        }
        rig.stop();
        assert!(dir.path().join("20240101T000000Z-dead0000.jsonl").exists());
        assert!(!dir.path().join("20240102T000000Z-dead0000.jsonl").exists());
    }

    #[test]
    fn a_file_that_is_taken_away_is_never_written_to_again() {
        type Harm = fn(&Path);
        let harms: [(Harm, &str); 4] = [
            (|file| std::fs::remove_file(file).unwrap(), "the file was removed"),
            (
                |file| {
                    std::fs::rename(file, file.with_extension("old")).unwrap();
                    std::fs::write(file, "mine").unwrap();
                },
                "the file was replaced",
            ),
            (|file| std::fs::write(file, "").unwrap(), "the file was changed by somebody else"),
            (|file| std::fs::rename(file, file.with_extension("old")).unwrap(), "the file was renamed"),
        ];
        for (harm, why) in harms {
            let dir = tempfile::tempdir().unwrap();
            let mut rig = Rig::plain(dir.path());
            assert!(rig.call().1);
            let first = reader::files(dir.path()).unwrap().remove(0).path;
            harm(&first);
            assert!(rig.call().1, "{why}");
            rig.stop();
            let _ = std::fs::remove_file(&first);
            let records = run_of(dir.path(), "51c051c0");
            assert_eq!(names(&records), ["events_missing", "tool_called", "server_stopped"], "{why}");
            assert_eq!(records[0].fields.details["reason"], why);
            assert_eq!(records[0].fields.details["events"], 2);
        }
    }

    #[test]
    fn a_directory_swapped_for_a_link_fails_closed_until_it_is_back() {
        let home = tempfile::tempdir().unwrap();
        let (dir, away, elsewhere) =
            (home.path().join("events"), home.path().join("away"), home.path().join("elsewhere"));
        std::fs::create_dir(&elsewhere).unwrap();
        let mut rig = Rig::plain(&dir);
        assert!(rig.call().1);
        std::fs::rename(&dir, &away).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &dir).unwrap();
        assert!(!rig.call().1);
        assert!(rig.writer.queue.is_failing());
        assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
        std::fs::remove_file(&dir).unwrap();
        std::fs::rename(&away, &dir).unwrap();
        rig.turn(); // without a call, as a probe would
        assert!(!rig.writer.queue.is_failing());
        assert!(rig.call().1);
        rig.stop();
        assert_eq!(calls(&run_of(&dir, "51c051c0")), [1, 3]);
    }

    #[test]
    fn a_wall_clock_that_jumps_is_an_event_and_numbers_go_on() {
        let dir = tempfile::tempdir().unwrap();
        let mut rig = Rig::plain(dir.path());
        rig.call();
        for hours in [1, -1, 10 * 365 * 24, -50 * 365 * 24] {
            rig.hands.go(Duration::from_secs(5));
            rig.call();
            rig.hands.jump(SignedDuration::from_hours(hours));
            rig.call();
        }
        rig.stop();
        let records = run_of(dir.path(), "51c051c0");
        let jumps: Vec<_> = records
            .iter()
            .filter(|record| record.fields.event == "clock_jump")
            .map(|record| record.fields.details["seconds"].as_i64().unwrap() / 3_600)
            .collect();
        assert_eq!(jumps, [1, -1, 87_600, -438_000]);
        assert_eq!(calls(&records), (1..=9).collect::<Vec<_>>());
    }

    #[test]
    fn the_directory_stays_below_its_cap_and_what_goes_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let max = 1 << 20;
        let mut rig = Rig::lasting(dir.path(), "51c051c0", max, Plan::none(), Durability::Kernel);
        let (mut digests, mut seen) = (HashSet::new(), HashSet::new());
        for _ in 0..3_000 {
            assert!(rig.call_with(&"y".repeat(900)).1);
            let files = reader::files(dir.path()).unwrap();
            let bytes: u64 = files.iter().map(|file| file.len).sum();
            assert!(bytes <= max);
            assert_eq!(rig.writer.queue.dir_bytes.load(Ordering::Relaxed), bytes);
            if let Some(closed) = files.iter().rev().nth(1).filter(|file| seen.insert(file.name.clone())) {
                let text = std::fs::read_to_string(&closed.path).unwrap();
                digests.insert(Digest::of(text.lines().last().unwrap().as_bytes()).sealed().to_string());
            }
        }
        assert!(rig.writer.queue.pruned_early.load(Ordering::Relaxed) > 10);
        rig.stop();
        let records = run_of(dir.path(), "51c051c0");
        let pruned: Vec<_> = records.iter().filter(|record| record.fields.event == "events_pruned").collect();
        assert!(!pruned.is_empty());
        for record in pruned {
            assert!(digests.contains(record.fields.details["last_digest"].as_str().unwrap()));
            assert_eq!(record.fields.details["reason"], "max_bytes");
        }
    }

    #[test]
    fn old_files_go_unless_the_clock_leapt() {
        let dir = tempfile::tempdir().unwrap();
        let old = dir.path().join("20260101T000000Z-dead0000.jsonl");
        let put = || {
            std::fs::write(&old, "{\"event\":\"server_stopped\",\"seq\":9}\n").unwrap();
            let long_ago = std::time::SystemTime::now() - Duration::from_hours(91 * 24);
            std::fs::File::options().write(true).open(&old).unwrap().set_modified(long_ago).unwrap();
        };
        put();
        let mut rig = Rig::plain(dir.path());
        rig.call();
        assert!(!old.exists());
        rig.hands.jump(SignedDuration::from_hours(24));
        rig.call();
        put();
        rig.hands.go(limits::EVENTS_PRUNE_EVERY);
        rig.call();
        assert!(old.exists());
        rig.stop();
        let records = run_of(dir.path(), "51c051c0");
        let pruned = records.iter().find(|record| record.fields.event == "events_pruned").unwrap();
        assert_eq!(pruned.fields.details["reason"], "max_age");
        assert_eq!(pruned.fields.details["last_seq"], 9);
    }

    #[test]
    fn a_part_closes_after_a_day_and_the_next_one_continues_the_chain() {
        let dir = tempfile::tempdir().unwrap();
        let mut rig = Rig::plain(dir.path());
        rig.call();
        rig.hands.go(limits::EVENT_PART_AGE_MAX);
        rig.call();
        rig.writer.queue.rotate();
        rig.call();
        rig.stop();
        let files = reader::files(dir.path()).unwrap();
        assert_eq!(files.len(), 3);
        assert!(files[2].name.to_string().ends_with("-51c051c0.jsonl.3"));
        assert_eq!(
            names(&run_of(dir.path(), "51c051c0")),
            [
                "server_started",
                "tool_called",
                "events_rotated",
                "tool_called",
                "events_rotated",
                "tool_called",
                "server_stopped"
            ]
        );
    }

    #[test]
    fn an_unfinished_file_is_noted_once_and_a_live_one_is_let_be() {
        let dir = tempfile::tempdir().unwrap();
        let mut live = Rig::new(dir.path(), "aaaa0000", 256 << 20, Plan::none());
        live.call();
        // a run that was killed in the middle of a line
        let text = std::fs::read_to_string(&reader::files(dir.path()).unwrap()[0].path).unwrap();
        let killed = dir.path().join("20260101T000000Z-dead0000.jsonl");
        std::fs::write(&killed, &text[..text.len() - 20]).unwrap();
        for run in ["bbbb0000", "cccc0000"] {
            let mut rig = Rig::new(dir.path(), run, 256 << 20, Plan::none());
            rig.call();
            rig.stop();
        }
        live.stop();
        let noted: Vec<_> = ["aaaa0000", "bbbb0000", "cccc0000"]
            .iter()
            .flat_map(|run| run_of(dir.path(), run))
            .filter(|record| record.fields.event == "events_recovered")
            .collect();
        assert_eq!(noted.len(), 1);
        let details = &noted[0].fields.details;
        assert_eq!(details["file"], "20260101T000000Z-dead0000.jsonl");
        assert_eq!(details["last_seq"], 1);
        assert_eq!(
            details["last_digest"],
            Digest::of(text.lines().next().unwrap().as_bytes()).sealed().to_string()
        );
        assert!(details["torn_bytes"].as_u64().unwrap() > 0);
        assert!(std::fs::read_to_string(&killed).unwrap().len() == text.len() - 20);
    }
}
