//! The only way to the world.
//!
//! A tool names in its type what it needs ([`Needs`]) and receives only that:
//! a tool that declares `()` holds nothing it could read a file with.

pub mod clock;
pub mod files;

use crate::caller::Reach;
pub use clock::Clock;
pub use files::Files;

/// Everything there is to reach, once a server.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The roots.
    pub files: Files,
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
