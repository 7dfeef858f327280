//! The file tools and the roots as resources, as a caller meets them.

#![allow(clippy::disallowed_methods, reason = "builds the trees that the tools then look at")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

#[path = "../common/fixture.rs"]
mod fixture;
mod ground;
mod listing;
mod media;
mod names;
#[path = "../common/path_table.rs"]
mod path_table;
mod paths;
mod reading;
mod roots;
mod searching;
mod server;
mod several;
mod table;
mod tree;
