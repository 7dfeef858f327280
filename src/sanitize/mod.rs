//! Raw in, proven out. Pure, sync, no I/O.
//!
//! Messages pass [`json`], arguments [`args`], and single values the types
//! beside them. Each type has one private field and one fallible constructor:
//!
//! ```compile_fail,E0423
//! use mcp_server::sanitize::path::FilePath;
//! // No parser, no path.
//! let path = FilePath("../../etc/passwd".to_owned());
//! ```
//!
//! ```compile_fail,E0277
//! use mcp_server::sanitize::text::Name;
//! // No parser, no name.
//! let name: Name<50> = "$(rm -rf /)".to_owned().into();
//! ```

pub mod args;
#[cfg(test)]
pub(crate) mod corpus;
pub mod each;
pub mod glob;
pub mod integer;
pub mod ip;
pub mod json;
pub mod marks;
mod name;
pub mod path;
pub mod pattern;
pub mod protected;
pub mod secret;
pub mod text;
pub mod unicode;
