//! The rules, one row each, in a file for each kind of place.
//!
//! A row is a path from any directory downwards, in lower case. In a name `*`
//! stands for any characters, also none, and `+` for one at least and no dot; `**` alone is any
//! number of directories. What is below a protected directory is protected
//! with it, but for a row that ends in `|`: it means the last name of a path
//! that is no directory.

mod accounts;
mod cloud;
mod environment;
mod keys;
mod people;
mod registries;
mod runs;
mod system;

use super::Holds;

/// Rows that protect for the same reason.
pub(super) struct Table {
    /// What stands there.
    pub holds: Holds,
    /// The rules.
    pub rows: &'static [&'static str],
    /// A name with one of these words in it only shows what such a file looks like. They
    /// spare what a row with a `*` or `+` would take, never what is spelled out.
    pub spared: &'static [&'static str],
}

/// Every table. Of two rules that fit one name the first counts, so what holds secrets stands before what runs commands.
pub(super) static TABLES: &[Table] = &[
    environment::FILES,
    environment::VARIABLES,
    keys::KEYS,
    keys::WALLETS,
    accounts::CREDENTIALS,
    accounts::HOSTS,
    registries::REGISTRIES,
    cloud::CLOUDS,
    cloud::CLUSTERS,
    people::HISTORIES,
    people::BROWSERS,
    people::PASSWORDS,
    people::MESSAGES,
    system::SYSTEM,
    system::NETWORKS,
    runs::REPOSITORIES,
    runs::EDITORS,
    runs::HOSTS,
    runs::SHELLS,
    runs::DESKTOPS,
    runs::PROGRAMS,
];
