//! Every event of every file, in no order: for who counts.
//!
//! Files are shared out among a few threads, always in the same way, so that
//! the same log gives the same answer.

use std::{num::NonZero, sync::Arc, thread};

use super::{
    filter::{Filter, Judged},
    glance::Glance,
    lines::Order,
    needles::Needles,
    reader::{Found, Looked, Remark},
    scan::{Noted, Scan},
};
use crate::limits;

/// Hears how many bytes more were gone through.
pub type Step<'a> = &'a (dyn Fn(u64) + Sync);

/// What was counted, and of what.
#[derive(Clone, Debug)]
pub struct Walked<T> {
    /// What was counted.
    pub counted: T,
    /// What was gone through.
    pub looked: Looked,
    /// What was skipped.
    pub remarks: Vec<Remark>,
}

/// How events are counted.
pub(super) trait Count: Send {
    /// Counts one.
    fn add(&mut self, glance: &Glance<'_>);
    /// Takes up what another counted.
    fn merge(&mut self, other: Self);
}

/// Counts the events that `filter` lets through.
pub(super) fn walk<T: Count>(
    files: &[Found],
    filter: &Filter,
    step: Step<'_>,
    new: impl Fn() -> T + Sync,
) -> Walked<T> {
    let asked: Vec<&Found> =
        files.iter().filter(|file| filter.may_be_between(file.name.started(), file.modified)).collect();
    let needles = Arc::new(Needles::of(filter));
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(limits::READERS_MAX).min(asked.len()).max(1);
    let share = |first: usize| {
        let (mut counted, mut noted) = (new(), Noted::default());
        for file in asked.iter().skip(first).step_by(threads) {
            through((*file).clone(), filter, &needles, &mut noted, step, &mut counted);
        }
        (counted, noted)
    };
    let (mut counted, mut noted) = (new(), Noted::default());
    thread::scope(|scope| {
        let share = &share;
        // where no thread can be had, its files are read here
        let others: Vec<_> = (1..threads)
            .map(|at| (at, thread::Builder::new().spawn_scoped(scope, move || share(at))))
            .collect();
        let mut take = |(more, seen): (T, Noted)| {
            counted.merge(more);
            noted.merge(seen);
        };
        take(share(0));
        for (at, other) in others {
            take(match other {
                Ok(other) => other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                Err(_) => share(at),
            });
        }
    });
    Walked { counted, looked: noted.looked, remarks: noted.remarks() }
}

fn through<T: Count>(
    file: Found,
    filter: &Filter,
    needles: &Arc<Needles>,
    noted: &mut Noted,
    step: Step<'_>,
    counted: &mut T,
) {
    noted.looked.files += 1;
    let mut scan = Scan::new(file, Arc::clone(needles), Order::Oldest);
    loop {
        let (at, unread) = match scan.next(noted, step) {
            None => return,
            Some((at, line)) => match filter.judge(line) {
                Ok(Judged::AskedFor(glance)) => {
                    counted.add(&glance);
                    continue;
                }
                Ok(Judged::Not(_)) => continue,
                Err(unread) => (at, unread),
            },
        };
        noted.skip(&scan.file.name, unread, at);
    }
}
