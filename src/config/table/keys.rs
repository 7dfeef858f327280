//! The rows.

use std::{ops::RangeInclusive, time::Duration};

use super::Key;
use crate::{
    config::{
        roots,
        values::{self, Given, Wrong},
    },
    events::settings::{Durability, OnFailure},
    limits,
    policy::keys,
    tools::settings::Offer,
};

const BODY_BYTES: RangeInclusive<u64> = 1 << 10..=limits::MESSAGE_BYTES_MAX as u64;
const EVENT_BYTES: RangeInclusive<u64> = limits::EVENTS_BYTES_MIN..=limits::EVENTS_BYTES_MAX;
pub(super) const EVENT_AGE: RangeInclusive<Duration> = limits::EVENTS_AGE_MIN..=limits::EVENTS_AGE_MAX;
const ACK: RangeInclusive<Duration> = limits::ACK_WAIT_MIN..=limits::ACK_WAIT_MAX;
const DURABILITY: [(&str, Durability); 2] = [("kernel", Durability::Kernel), ("disk", Durability::Disk)];
const ON_FAILURE: [(&str, OnFailure); 2] = [("refuse", OnFailure::Refuse), ("serve", OnFailure::Serve)];

/// The word for `value`.
pub(super) fn word<T: Copy + PartialEq>(choices: &[(&str, T)], value: T) -> Option<String> {
    choices.iter().find(|(_, choice)| *choice == value).map(|(word, _)| values::quoted(word))
}

fn globs(given: &Given) -> Result<Offer, Wrong> {
    Offer::new(values::list(given, |glob| Ok(glob.to_owned()))?)
        .map_err(|(place, says)| Wrong::element(place, format!("is no glob: {says}")))
}

/// The keys, section by section.
pub(super) static KEYS: &[Key] = &[
    Key {
        path: "roots.*.path",
        default: "\"/home/you/notes\"",
        says: "absolute, or beneath your home with `~/`",
        set: |draft, name, given| {
            let path = values::path(given, draft.home.as_deref())?;
            draft.root(name).path = Some(path);
            Ok(())
        },
        show: |config, name| config.root(name).map(|root| values::quoted(&root.path.to_string_lossy())),
    },
    Key {
        path: "roots.*.write",
        default: "false",
        says: "true lets tools write there",
        set: |draft, name, given| values::boolean(given).map(|value| draft.root(name).write = value),
        show: |config, name| config.root(name).map(|root| root.write.to_string()),
    },
    Key {
        path: "tools.offer",
        default: "[\"*\"]",
        says: "names or globs; clients cannot see the rest",
        set: |draft, _, given| globs(given).map(|value| draft.config.tools.offer = value),
        show: |config, _| Some(values::quoted_list(config.tools.offer.globs())),
    },
    Key {
        path: "tools.read_only",
        default: "false",
        says: "true hides every tool that writes, whatever the roots say",
        set: |draft, _, given| values::boolean(given).map(|value| draft.config.tools.read_only = value),
        show: |config, _| Some(config.tools.read_only.to_string()),
    },
    Key {
        path: "http.listen",
        default: "\"127.0.0.1:8080\"",
        says: "anything but loopback needs a key and more; it says what",
        set: |draft, _, given| values::listen(given).map(|value| draft.config.http.listen = value),
        show: |config, _| Some(values::quoted(&config.http.listen.to_string())),
    },
    Key {
        path: "http.hosts",
        default: "[]",
        says: "names this server answers to, besides its own loopback ones",
        set: |draft, _, given| values::list(given, values::host).map(|value| draft.config.http.hosts = value),
        show: |config, _| Some(values::quoted_list(&config.http.hosts)),
    },
    Key {
        path: "http.origins",
        default: "[]",
        says: "web pages allowed to call; on loopback local pages are, elsewhere none",
        set: |draft, _, given| {
            values::list(given, values::origin).map(|value| draft.config.http.origins = value)
        },
        show: |config, _| Some(values::quoted_list(&config.http.origins)),
    },
    Key {
        path: "http.auth",
        default: "true",
        says: "false needs no key; on loopback only",
        set: |draft, _, given| values::boolean(given).map(|value| draft.config.http.auth = value),
        show: |config, _| Some(config.http.auth.to_string()),
    },
    Key {
        path: "http.plaintext",
        default: "false",
        says: "true: listen beyond this machine without https",
        set: |draft, _, given| values::boolean(given).map(|value| draft.config.http.plaintext = value),
        show: |config, _| Some(config.http.plaintext.to_string()),
    },
    Key {
        path: "http.trusted_proxies",
        default: "[]",
        says: "addresses or ranges whose forwarded headers are believed",
        set: |draft, _, given| {
            values::list(given, values::proxy).map(|value| draft.config.http.trusted_proxies = value)
        },
        show: |config, _| {
            let nets: Vec<String> = config.http.trusted_proxies.iter().map(ToString::to_string).collect();
            Some(values::quoted_list(&nets))
        },
    },
    Key {
        path: "http.metrics_from",
        default: "[]",
        says: "addresses or ranges that read `/metrics` without a key",
        set: |draft, _, given| {
            values::list(given, values::scraper).map(|value| draft.config.http.metrics_from = value)
        },
        show: |config, _| {
            let nets: Vec<String> = config.http.metrics_from.iter().map(ToString::to_string).collect();
            Some(values::quoted_list(&nets))
        },
    },
    Key {
        path: "http.body",
        default: "\"1MiB\"",
        says: "the largest request",
        set: |draft, _, given| {
            let bytes = values::size(given, &BODY_BYTES)?;
            draft.config.http.body = usize::try_from(bytes).unwrap_or(limits::MESSAGE_BYTES_MAX);
            Ok(())
        },
        show: |config, _| Some(values::quoted(&values::show_size(config.http.body as u64))),
    },
    Key {
        path: "http.path",
        default: "\"/mcp\"",
        says: "where MCP is spoken",
        set: |draft, _, given| values::route(given).map(|value| draft.config.http.path = value),
        show: |config, _| Some(values::quoted(&config.http.path)),
    },
    Key {
        path: "http.health_path",
        default: "\"/health\"",
        says: "where health is told",
        set: |draft, _, given| values::route(given).map(|value| draft.config.http.health_path = value),
        show: |config, _| Some(values::quoted(&config.http.health_path)),
    },
    Key {
        path: "http.page",
        default: "true",
        says: "a page to look at the log, at `/`; on loopback unless set",
        set: |draft, _, given| values::boolean(given).map(|value| draft.config.http.page = Some(value)),
        show: |config, _| config.http.page.map(|page| page.to_string()),
    },
    Key {
        path: "limits.enabled",
        default: "true",
        says: "false lifts every limit",
        set: |draft, _, given| values::boolean(given).map(|value| draft.config.limits.enabled = value),
        show: |config, _| Some(config.limits.enabled.to_string()),
    },
    Key {
        path: "limits.address",
        default: "\"100/min\"",
        says: "requests without a valid key; 1200/min when none is needed",
        set: |draft, _, given| values::rate(given).map(|value| draft.config.limits.address = Some(value)),
        show: |config, _| config.limits.address.map(|rate| values::quoted(&rate.to_string())),
    },
    Key {
        path: "limits.key",
        default: "\"1200/min\"",
        says: "requests with one key",
        set: |draft, _, given| values::rate(given).map(|value| draft.config.limits.key = value),
        show: |config, _| Some(values::quoted(&config.limits.key.to_string())),
    },
    Key {
        path: "limits.tool",
        default: "\"600/min\"",
        says: "calls of one tool with one key",
        set: |draft, _, given| values::rate(given).map(|value| draft.config.limits.tool = value),
        show: |config, _| Some(values::quoted(&config.limits.tool.to_string())),
    },
    Key {
        path: "limits.repeat",
        default: "\"60/10s\"",
        says: "the same call again and again; 300/10s on stdio",
        set: |draft, _, given| values::rate(given).map(|value| draft.config.limits.repeat = Some(value)),
        show: |config, _| config.limits.repeat.map(|rate| values::quoted(&rate.to_string())),
    },
    Key {
        path: "keys.*.sha256",
        default: "\"\"",
        says: "what is kept of the key",
        set: |draft, name, given| {
            let text = values::text(given)?;
            let hash = keys::parse_sha256(&text).map_err(|error| Wrong::from(error.to_string()))?;
            draft.key(name).sha256 = Some(hash);
            Ok(())
        },
        show: |config, name| config.key(name).map(|key| values::quoted(&keys::show_sha256(&key.sha256))),
    },
    Key {
        path: "keys.*.tools",
        default: "[\"*\"]",
        says: "which tools, by name or glob",
        set: |draft, name, given| {
            draft.key(name).tools = Some(globs(given)?.globs().to_vec());
            Ok(())
        },
        show: |config, name| config.key(name)?.tools.as_ref().map(|globs| values::quoted_list(globs)),
    },
    Key {
        path: "keys.*.roots",
        default: "[\"notes\"]",
        says: "which roots; without this line all",
        set: |draft, name, given| {
            values::list(given, roots::name).map(|value| draft.key(name).roots = Some(value))
        },
        show: |config, name| config.key(name)?.roots.as_ref().map(|roots| values::quoted_list(roots)),
    },
    Key {
        path: "keys.*.write",
        default: "false",
        says: "true lets it use tools that write",
        set: |draft, name, given| values::boolean(given).map(|value| draft.key(name).write = value),
        show: |config, name| config.key(name).map(|key| key.write.to_string()),
    },
    Key {
        path: "keys.*.events",
        default: "false",
        says: "true lets it read the security log",
        set: |draft, name, given| values::boolean(given).map(|value| draft.key(name).events = value),
        show: |config, name| config.key(name).map(|key| key.events.to_string()),
    },
    Key {
        path: "keys.*.expires",
        default: "\"2027-12-31\"",
        says: "without this line never",
        set: |draft, name, given| values::moment(given).map(|value| draft.key(name).expires = Some(value)),
        show: |config, name| config.key(name)?.expires.map(|time| values::quoted(&time.to_string())),
    },
    Key {
        path: "keys.*.from",
        default: "[]",
        says: "addresses or ranges it may be used from; empty is anywhere",
        set: |draft, name, given| {
            values::list(given, values::network).map(|value| draft.key(name).from = value)
        },
        show: |config, name| {
            let nets: Vec<String> = config.key(name)?.from.iter().map(ToString::to_string).collect();
            Some(values::quoted_list(&nets))
        },
    },
    Key {
        path: "events.dir",
        default: "\"\"",
        says: "empty: the state directory of your system",
        set: |draft, _, given| {
            let chosen = matches!(given, Given::Text(text) if text.is_empty());
            let path = if chosen { None } else { Some(values::path(given, draft.home.as_deref())?) };
            draft.events_dir = path;
            Ok(())
        },
        show: |config, _| Some(values::quoted(&config.events.dir.to_string_lossy())),
    },
    Key {
        path: "events.max_bytes",
        default: "\"256MiB\"",
        says: "of all files together; the oldest go first",
        set: |draft, _, given| {
            values::size(given, &EVENT_BYTES).map(|value| draft.config.events.max_bytes = value)
        },
        show: |config, _| Some(values::quoted(&values::show_size(config.events.max_bytes))),
    },
    Key {
        path: "events.max_age",
        default: "\"90d\"",
        says: "older files go",
        set: |draft, _, given| {
            values::span(given, &EVENT_AGE).map(|value| draft.config.events.max_age = value)
        },
        show: |config, _| Some(values::quoted(&values::show_span(config.events.max_age))),
    },
    Key {
        path: "events.ack",
        default: "\"2s\"",
        says: "how long a call waits for its event; 5s with \"disk\"",
        set: |draft, _, given| values::span(given, &ACK).map(|value| draft.config.events.ack = Some(value)),
        show: |config, _| config.events.ack.map(|ack| values::quoted(&values::show_span(ack))),
    },
    Key {
        path: "events.durability",
        default: "\"kernel\"",
        says: "or \"disk\": survives a power cut",
        set: |draft, _, given| {
            values::choice(given, &DURABILITY).map(|value| draft.config.events.durability = value)
        },
        show: |config, _| word(&DURABILITY, config.events.durability),
    },
    Key {
        path: "events.on_failure",
        default: "\"refuse\"",
        says: "or \"serve\": calls whose event cannot be written go on unrecorded",
        set: |draft, _, given| {
            values::choice(given, &ON_FAILURE).map(|value| draft.config.events.on_failure = value)
        },
        show: |config, _| word(&ON_FAILURE, config.events.on_failure),
    },
    Key {
        path: "events.chain_key_file",
        default: "\"\"",
        says: "a file with a secret: with it nobody else can make the chain anew",
        set: |draft, _, given| {
            let chosen = matches!(given, Given::Text(text) if text.is_empty());
            let path = if chosen { None } else { Some(values::path(given, draft.home.as_deref())?) };
            draft.config.events.chain_key_file = path;
            Ok(())
        },
        show: |config, _| {
            config.events.chain_key_file.as_ref().map(|path| values::quoted(&path.to_string_lossy()))
        },
    },
    Key {
        path: "events.requests",
        default: "true",
        says: "with http: also what is no call",
        set: |draft, _, given| values::boolean(given).map(|value| draft.config.events.requests = Some(value)),
        show: |config, _| config.events.requests.map(|requests| requests.to_string()),
    },
    Key {
        path: "events.otlp",
        default: "\"\"",
        says: "a collector to send each event to, such as \"http://127.0.0.1:4318\"; needs the feature `otlp`",
        set: |draft, _, given| {
            let is_none = matches!(given, Given::Text(text) if text.is_empty());
            let endpoint = if is_none { None } else { Some(values::collector(given)?) };
            draft.config.export.otlp = endpoint;
            Ok(())
        },
        show: |config, _| config.export.otlp.as_ref().map(|endpoint| values::quoted(&endpoint.to_string())),
    },
];
