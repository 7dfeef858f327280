//! The only way to the world.
//!
//! A tool names in its type what it needs ([`Needs`]) and receives only that:
//! a tool that declares `()` holds nothing it could read a file with.

pub mod changes;
pub mod clock;
pub mod files;

use std::sync::Arc;

use crate::{caller::Reach, journal::Journal, sanitize::marks::Marker};
pub use changes::Changes;
pub use clock::Clock;
pub use files::Files;

/// Everything there is to reach, once a server.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The roots.
    pub files: Files,
    /// Where old bytes go before anything is written; without it nothing is.
    pub journal: Option<Arc<Journal>>,
    /// How files are written.
    pub manner: changes::Manner,
    /// What of a text is not shown.
    pub marker: Arc<Marker>,
    /// What time it is.
    pub clock: Clock,
}

/// A part of the [`World`], as much of it as one caller may reach.
pub trait Needs: Sized + Send + 'static {
    /// Whether the world has this at all. A tool whose need is not met is not offered.
    fn is_met(world: &World) -> bool;

    /// Takes the part, narrowed to `reach`.
    fn take(world: &World, reach: &Reach) -> Self;

    /// Whether files can be read with it.
    fn reads_files() -> bool {
        false
    }
}

impl Needs for () {
    fn is_met(_: &World) -> bool {
        true
    }

    fn take(_: &World, _: &Reach) -> Self {}
}

impl Needs for Arc<Marker> {
    fn is_met(_: &World) -> bool {
        true
    }

    fn take(world: &World, _: &Reach) -> Self {
        Self::clone(&world.marker)
    }
}

impl Needs for Clock {
    fn is_met(_: &World) -> bool {
        true
    }

    fn take(world: &World, _: &Reach) -> Self {
        world.clock
    }
}

impl Needs for Files {
    fn is_met(world: &World) -> bool {
        !world.files.is_empty()
    }

    fn take(world: &World, reach: &Reach) -> Self {
        world.files.within(reach)
    }

    fn reads_files() -> bool {
        true
    }
}

impl<A: Needs, B: Needs> Needs for (A, B) {
    fn is_met(world: &World) -> bool {
        A::is_met(world) && B::is_met(world)
    }

    fn take(world: &World, reach: &Reach) -> Self {
        (A::take(world, reach), B::take(world, reach))
    }

    fn reads_files() -> bool {
        A::reads_files() || B::reads_files()
    }
}
