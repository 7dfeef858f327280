//! The rows about files, what is kept of them, what leaves, and the diagnostics.

use std::ops::RangeInclusive;

use super::{
    Key,
    keys::{EVENT_AGE, word},
};
use crate::{
    config::values::{self, Given},
    limits,
    sandbox::files::Allowed,
    sanitize::marks::Mode,
    telemetry,
};

const JOURNAL_BYTES: RangeInclusive<u64> = limits::JOURNAL_BYTES_MIN..=limits::JOURNAL_BYTES_MAX;
const SECRETS: [(&str, Mode); 3] = [("redact", Mode::Redact), ("warn", Mode::Warn), ("off", Mode::Off)];

/// The keys, section by section.
pub(super) static KEYS: &[Key] = &[
    Key {
        path: "files.allow_protected",
        default: "[]",
        says: "places such as \"notes:/.env\" that tools may reach although they may hold secrets",
        set: |draft, _, given| {
            values::list(given, Allowed::parse).map(|value| draft.config.shield.allowed = value)
        },
        show: |config, _| {
            let places: Vec<String> = config.shield.allowed.iter().map(ToString::to_string).collect();
            Some(values::quoted_list(&places))
        },
    },
    Key {
        path: "files.keep_owner",
        default: "true",
        says: "false: edit a file though its owner or an extended attribute cannot be kept",
        set: |draft, _, given| values::boolean(given).map(|value| draft.config.keep_owner = value),
        show: |config, _| Some(config.keep_owner.to_string()),
    },
    Key {
        path: "journal.dir",
        default: "\"\"",
        says: "empty: the state directory of your system",
        set: |draft, _, given| {
            let chosen = matches!(given, Given::Text(text) if text.is_empty());
            let path = if chosen { None } else { Some(values::path(given, draft.home.as_deref())?) };
            draft.journal_dir = path;
            Ok(())
        },
        show: |config, _| Some(values::quoted(&config.journal.dir.to_string_lossy())),
    },
    Key {
        path: "journal.max_bytes",
        default: "\"1GiB\"",
        says: "of everything that is kept; the oldest changes go first",
        set: |draft, _, given| {
            values::size(given, &JOURNAL_BYTES).map(|value| draft.config.journal.max_bytes = value)
        },
        show: |config, _| Some(values::quoted(&values::show_size(config.journal.max_bytes))),
    },
    Key {
        path: "journal.max_age",
        default: "\"7d\"",
        says: "older changes go",
        set: |draft, _, given| {
            values::span(given, &EVENT_AGE).map(|value| draft.config.journal.max_age = value)
        },
        show: |config, _| Some(values::quoted(&values::show_span(config.journal.max_age))),
    },
    Key {
        path: "journal.allow_larger",
        default: "false",
        says: "true: a change larger than `max_bytes` is made all the same, with no way back",
        set: |draft, _, given| values::boolean(given).map(|value| draft.config.journal.allow_larger = value),
        show: |config, _| Some(config.journal.allow_larger.to_string()),
    },
    Key {
        path: "guard.secrets",
        default: "\"redact\"",
        says: "\"redact\" shows marks, \"warn\" shows them and says so, \"off\" does not look",
        set: |draft, _, given| values::choice(given, &SECRETS).map(|value| draft.config.secrets = value),
        show: |config, _| word(&SECRETS, config.secrets),
    },
    Key {
        path: "log.level",
        default: "\"info\"",
        says: "off, error, warn, info, debug or trace",
        set: |draft, _, given| {
            values::choice(given, &telemetry::Level::WORDS).map(|value| draft.config.log.level = value)
        },
        show: |config, _| Some(values::quoted(config.log.level.as_str())),
    },
];
