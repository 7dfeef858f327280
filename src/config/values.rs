//! From what was written to what it means.
//!
//! A value comes as TOML, which has types, or as loose text from a variable or
//! a flag. Each parser here takes both and is strict with both: a boolean that
//! is not one is an error, never "off".

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use ipnet::IpNet;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use url::Url;

use crate::{export::Endpoint, policy::quota::Rate};

/// A value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given {
    /// A TOML boolean.
    Bool(bool),
    /// A TOML integer.
    Integer(i64),
    /// A TOML string.
    Text(String),
    /// A TOML date or time.
    Moment(String),
    /// A TOML array.
    List(Vec<Given>),
    /// Another TOML type, by name.
    Other(&'static str),
    /// From a variable or a flag: text that may mean any of these.
    Loose(String),
}

impl Given {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "a number",
            Self::Text(_) | Self::Loose(_) => "text",
            Self::Moment(_) => "a date",
            Self::List(_) => "a list",
            Self::Other(kind) => kind,
        }
    }
}

/// What is wrong with a value, as the end of a sentence that begins with its name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Wrong {
    /// Such as `must be true or false`.
    pub says: String,
    /// Which element of a list.
    pub element: Option<usize>,
    /// What is wrong with further elements.
    pub others: Vec<Wrong>,
}

impl Wrong {
    /// What is wrong with one element of a list.
    pub(crate) fn element(place: usize, says: String) -> Self {
        Self { says, element: Some(place), others: Vec::new() }
    }
}

impl From<String> for Wrong {
    fn from(says: String) -> Self {
        Self { says, element: None, others: Vec::new() }
    }
}

impl From<&str> for Wrong {
    fn from(says: &str) -> Self {
        says.to_owned().into()
    }
}

fn must_be(what: &str, given: &Given) -> Wrong {
    match given {
        Given::Loose(text) if text.trim().is_empty() => format!("must be {what}, not empty").into(),
        Given::Loose(_) | Given::Text(_) => format!("must be {what}").into(),
        given => format!("must be {what}, not {}", given.kind()).into(),
    }
}

/// A boolean: TOML's own or, as loose text, one of the eight usual words in any case.
pub(crate) fn boolean(given: &Given) -> Result<bool, Wrong> {
    match given {
        Given::Bool(value) => return Ok(*value),
        Given::Text(_) => return Err("must be true or false without quotes".into()),
        Given::Loose(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => return Ok(true),
            "false" | "0" | "no" | "off" => return Ok(false),
            _ => {}
        },
        _ => {}
    }
    Err(must_be("true or false", given))
}

/// Text that is not empty and has no control characters.
pub(crate) fn text(given: &Given) -> Result<String, Wrong> {
    match given {
        Given::Text(text) | Given::Loose(text) => {
            let text = text.trim();
            if text.is_empty() {
                Err("must not be empty".into())
            } else if text.chars().any(char::is_control) {
                Err("must not hold control characters".into())
            } else {
                Ok(text.to_owned())
            }
        }
        given => Err(must_be("text in quotes", given)),
    }
}

/// A list of texts: a TOML array or, as loose text, parted by commas.
pub(crate) fn list<T>(given: &Given, item: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, Wrong> {
    match given {
        Given::List(given) => {
            let (mut items, mut wrongs) = (Vec::new(), Vec::new());
            for (place, given) in given.iter().enumerate() {
                match text(given).and_then(|text| item(&text).map_err(Wrong::from)) {
                    Ok(item) => items.push(item),
                    Err(wrong) => wrongs.push(Wrong::element(place, wrong.says)),
                }
            }
            let mut wrongs = wrongs.into_iter();
            match wrongs.next() {
                None => Ok(items),
                Some(first) => Err(Wrong { others: wrongs.collect(), ..first }),
            }
        }
        Given::Loose(all) => all
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| Ok(item(part)?))
            .collect(),
        Given::Text(_) => Err("must be a list: write it in brackets, such as [\"a\", \"b\"]".into()),
        given => Err(must_be("a list such as [\"a\", \"b\"]", given)),
    }
}

const SIZES: [(&str, u64); 8] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// A number of bytes within `range`: `256MiB`, `1 MiB`, `1048576`.
pub(crate) fn size(given: &Given, range: &RangeInclusive<u64>) -> Result<u64, Wrong> {
    let bytes = match given {
        Given::Integer(bytes) => u64::try_from(*bytes).ok(),
        Given::Text(text) | Given::Loose(text) => scaled(text, |unit| match unit {
            "" => Some(1),
            unit => SIZES.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, factor)| *factor),
        }),
        _ => None,
    };
    match bytes {
        Some(bytes) if range.contains(&bytes) => Ok(bytes),
        Some(_) => {
            Err(format!("must be from {} to {}", show_size(*range.start()), show_size(*range.end())).into())
        }
        None => Err(must_be("a size such as \"256MiB\"", given)),
    }
}

/// The shortest exact way to write a size.
pub(crate) fn show_size(bytes: u64) -> String {
    SIZES
        .iter()
        .filter(|(name, _)| name.ends_with("iB"))
        .find(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor))
        .map_or_else(|| format!("{bytes}B"), |(name, factor)| format!("{}{name}", bytes / factor))
}

const SPANS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];

/// A time within `range`: `250ms`, `30s`, `10m`, `12h`, `90d`. A bare number has no unit and is refused.
pub(crate) fn span(given: &Given, range: &RangeInclusive<Duration>) -> Result<Duration, Wrong> {
    let millis = match given {
        Given::Text(text) | Given::Loose(text) => scaled(text, |unit| match unit {
            "m" => Some(60_000),
            unit => SPANS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor),
        }),
        _ => None,
    };
    match millis.map(Duration::from_millis) {
        Some(span) if range.contains(&span) => Ok(span),
        Some(_) => {
            Err(format!("must be from {} to {}", show_span(*range.start()), show_span(*range.end())).into())
        }
        None => Err(must_be("a time with its unit, such as \"30s\" or \"90d\"", given)),
    }
}

/// The shortest exact way to write a time, to the millisecond.
pub(crate) fn show_span(span: Duration) -> String {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    SPANS
        .iter()
        .find(|(_, factor)| millis >= *factor && millis.is_multiple_of(*factor))
        .map_or_else(|| "0s".to_owned(), |(name, factor)| format!("{}{name}", millis / factor))
}

/// `12 unit`, in units of one. `None` when it is not that, or too large to count.
fn scaled(text: &str, factor: impl Fn(&str) -> Option<u64>) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end)?;
    digits.parse::<u64>().ok()?.checked_mul(factor(unit.trim_start())?)
}

/// The base address of an OpenTelemetry collector.
pub(crate) fn collector(given: &Given) -> Result<Endpoint, Wrong> {
    Ok(Endpoint::parse(&text(given)?)?)
}

/// `100/min`, `60/10s`, `100/min burst 20`.
pub(crate) fn rate(given: &Given) -> Result<Rate, Wrong> {
    match given {
        Given::Text(text) | Given::Loose(text) if !text.trim().is_empty() => {
            text.trim().parse::<Rate>().map_err(|error| Wrong::from(error.to_string()))
        }
        given => Err(must_be("a limit such as \"100/min\"", given)),
    }
}

/// One of a few words.
pub(crate) fn choice<T: Copy>(given: &Given, choices: &[(&str, T)]) -> Result<T, Wrong> {
    let words = || {
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        format!("one of {}", words.join(", "))
    };
    match given {
        Given::Text(text) | Given::Loose(text) => choices
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text.trim()))
            .map(|(_, value)| *value)
            .ok_or_else(|| Wrong::from(format!("must be {}", words()))),
        given => Err(must_be(&words(), given)),
    }
}

/// An address to listen at: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, or `8080`
/// alone for this machine. Names are not looked up.
pub(crate) fn listen(given: &Given) -> Result<SocketAddr, Wrong> {
    const WHAT: &str = "an address and a port such as 127.0.0.1:8080";
    let text = match given {
        Given::Text(text) | Given::Loose(text) => text.trim(),
        given => return Err(must_be(WHAT, given)),
    };
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    text.parse()
        .ok()
        .or_else(|| port.parse().ok().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port))))
        .ok_or_else(|| match text.parse::<IpAddr>() {
            Ok(IpAddr::V6(_)) => format!("must name a port too, such as [{text}]:8080").into(),
            Ok(IpAddr::V4(_)) => format!("must name a port too, such as {text}:8080").into(),
            Err(_) => must_be(&format!("{WHAT}; names are not looked up"), given),
        })
}

/// A name, with or without a port, that clients call this server by.
pub(crate) fn host(text: &str) -> Result<String, String> {
    const RULE: &str = "must be a name with or without a port, such as \"mcp.example.com\"";
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !name.ends_with(':') && (!name.contains(':') || name.ends_with(']')) => {
            (name, Some(port))
        }
        _ => (text, None),
    };
    let is_address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).map_or_else(
        || name.parse::<Ipv4Addr>().is_ok(),
        |inner| inner.parse::<std::net::Ipv6Addr>().is_ok(),
    );
    let is_name = name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        });
    if !(is_address || is_name) {
        return Err(RULE.to_owned());
    }
    if port.is_some_and(|port| !port.bytes().all(|b| b.is_ascii_digit()) || port.parse::<u16>().is_err()) {
        return Err(RULE.to_owned());
    }
    Ok(text.to_ascii_lowercase())
}

/// A web origin: scheme, host and port, in the form browsers send it.
pub(crate) fn origin(text: &str) -> Result<String, String> {
    let rule =
        || "must be a web origin such as \"https://app.example.com\"; `*` and `null` are not".to_owned();
    let url = Url::parse(text).map_err(|_| rule())?;
    let bare = matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let plain = matches!(url.scheme(), "http" | "https") && !url.host_str().unwrap_or_default().contains('*');
    if bare && plain { Ok(url.origin().ascii_serialization()) } else { Err(rule()) }
}

/// An address or a range of them.
pub(crate) fn network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "must be an address or a range such as \"10.0.0.0/8\"".to_owned())
}

/// A proxy: a range that does not cover every address there is.
pub(crate) fn proxy(text: &str) -> Result<IpNet, String> {
    some_of_all(text, "anyone could claim to be someone else")
}

/// Who reads the metrics without a key: a range that does not cover every address there is.
pub(crate) fn scraper(text: &str) -> Result<IpNet, String> {
    some_of_all(text, "anyone could read the metrics without a key")
}

fn some_of_all(text: &str, otherwise: &str) -> Result<IpNet, String> {
    match network(text)? {
        net if net.prefix_len() == 0 => Err(format!("must not cover every address, for then {otherwise}")),
        net => Ok(net),
    }
}

/// The path of a route, exactly as it must be asked for.
pub(crate) fn route(given: &Given) -> Result<String, Wrong> {
    let path = text(given)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let segments_are_plain = path == "/"
        || path
            .strip_prefix('/')
            .is_some_and(|rest| rest.split('/').all(|part| !matches!(part, "" | "." | "..")));
    if path.len() <= 256 && path.bytes().all(allowed) && segments_are_plain {
        Ok(path)
    } else {
        Err("must be a path such as \"/mcp\": it begins with `/`, does not end with one, and has only letters, digits and `-._~`".into())
    }
}

/// A point in time: RFC 3339, or a date, which means its first moment in UTC.
pub(crate) fn moment(given: &Given) -> Result<Timestamp, Wrong> {
    let (Given::Text(text) | Given::Loose(text) | Given::Moment(text)) = given else {
        return Err(must_be("a date such as \"2027-01-31\"", given));
    };
    let day = || text.parse::<Date>().ok().filter(|_| text.len() == 10)?.to_zoned(TimeZone::UTC).ok();
    text.parse::<Timestamp>().ok().or_else(|| day().map(|day| day.timestamp())).ok_or_else(|| {
        "must be a date such as \"2027-01-31\" or a time such as \"2027-01-31T18:00:00Z\"".into()
    })
}

/// A path that depends on nothing: absolute, or beneath the home directory when it begins with `~/`.
pub(crate) fn path(given: &Given, home: Option<&Path>) -> Result<PathBuf, Wrong> {
    let text = text(given)?;
    let path = at_home(Path::new(&text), home)?;
    if path.is_absolute() { Ok(path) } else { Err("must be an absolute path, or begin with `~/`".into()) }
}

/// `~` and `~/…` are the home directory; anything else stays as it is.
pub(crate) fn at_home(path: &Path, home: Option<&Path>) -> Result<PathBuf, Wrong> {
    match path.strip_prefix("~") {
        Ok(rest) => match home {
            Some(home) => Ok(home.join(rest)),
            None => Err("begins with `~`, but no home directory is known; write the whole path".into()),
        },
        Err(_) => Ok(path.to_path_buf()),
    }
}

/// A text as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A list of texts as TOML writes it.
pub(crate) fn quoted_list<T: AsRef<str>>(texts: &[T]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", texts.join(", "))
}
