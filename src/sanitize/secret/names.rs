//! Values that are secret because of the name that they were given.

use super::{
    checks::{decode, looks_random},
    rule::Match,
    words::{contains, is_wordy},
};

/// Drawn by chance, given as a whole, and to a name that does not say that everybody may see it.
pub(super) fn is_given(found: &Match<'_>) -> bool {
    let secret = found.secret();
    looks_random(secret)
        && !is_uuid(secret)
        && !is_path(secret)
        && !is_name(secret)
        && !is_public(name(found))
        && (is_quoted(found) || (is_plain(secret) && stands_alone(found)))
}

/// All of the name: what the pattern knows, and what stands before that.
fn name<'a>(found: &Match<'a>) -> (&'a [u8], &'a [u8]) {
    let before = found.before();
    let is_of_a_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let length = before.iter().rev().take_while(|byte| is_of_a_name(byte)).count();
    let start = before.len() - length;
    (before.get(start..).unwrap_or_default(), found.whole())
}

/// Tokens that mark a place, a state or a form, and keys and digests that are no secret.
fn is_public((head, rest): (&[u8], &[u8])) -> bool {
    const REST_BYTES: usize = 16;
    const PUBLIC: &str = "cache cancel change check continu crsf csrf cursor digest etag expected finger hash \
                          idempot integrity item lock map next nonce object page partition placeholder pub resume \
                          search session_id sha1 sha2 sha5 since snapshot sort start sync upload version xsrf";
    // Not of a secret but of a call, so that it is made once; and the digest of a public key.
    const WHOLE: [&str; 4] = ["client_token", "client-token", "clienttoken", "publickeytoken"];
    let head = head.to_ascii_lowercase();
    let rest = rest.get(..REST_BYTES.min(rest.len())).unwrap_or_default().to_ascii_lowercase();
    let whole = [head.as_slice(), &rest].concat();
    PUBLIC.split_whitespace().any(|word| contains(&head, word))
        || WHOLE.iter().any(|name| contains(&whole, name))
}

/// Whether a quotation mark stands on both sides of it, or an element of XML.
fn is_quoted(found: &Match<'_>) -> bool {
    let is_mark = |byte: u8| matches!(byte, b'"' | b'\'' | b'`');
    let first = found.text.get(..found.secret.start).and_then(<[u8]>::last);
    let behind = found.behind().iter().find(|byte| **byte != b'\\');
    match (first, behind) {
        (Some(b'>'), Some(b'<')) => true,
        (Some(first), Some(behind)) => is_mark(*first) && is_mark(*behind),
        _ => false,
    }
}

/// Whether it is no expression of a program.
fn is_plain(secret: &[u8]) -> bool {
    let dots = memchr::memchr_iter(b'.', secret).count();
    dots <= 2 && secret.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.~".contains(byte))
}

/// Whether it is the whole of a line's value, as in a file of settings or a header, or of a URL's parameter.
fn stands_alone(found: &Match<'_>) -> bool {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'&' | b'<' | b'"' | b'\'' | b'\\');
    if !found.behind().first().is_none_or(is_end) {
        return false;
    }
    let line = found.before().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let (head, _) = name(found);
    let lead = line.get(..line.len().saturating_sub(head.len())).unwrap_or_default();
    if matches!(lead.last(), Some(b'?' | b'&')) {
        return true;
    }
    let rest = found.behind().split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_mark = |byte: &u8| !byte.is_ascii_alphanumeric();
    let lead = lead.to_ascii_lowercase();
    let lead = lead.strip_prefix(b"export ").or(lead.strip_prefix(b"set ")).unwrap_or(&lead);
    lead.iter().all(is_mark) && (rest.trim_ascii().is_empty() || rest.trim_ascii_start().starts_with(b"#"))
}

/// Whether it is written as a UUID, which names things.
fn is_uuid(secret: &[u8]) -> bool {
    secret.len() == 36
        && secret.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether it ends as the names of files do.
fn is_file(secret: &[u8]) -> bool {
    let end = secret.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    (2..=5).contains(&end.len()) && end.len() < secret.len() && end.iter().all(u8::is_ascii_lowercase)
}

/// Whether it is several words with marks between, or words in base64.
fn is_name(secret: &[u8]) -> bool {
    let marks = secret.iter().filter(|byte| b"-_.".contains(byte)).count();
    (marks >= 3 && secret.len() < 32) || decode(secret).is_some_and(|text| text.is_ascii() && is_wordy(&text))
}

/// Whether it leads somewhere: a URL, or a path or a name of several words.
fn is_path(secret: &[u8]) -> bool {
    contains(secret, "://")
        || matches!(secret, [b'/' | b'.' | b'~' | b'@' | b'$' | b'%' | b'#' | b'&' | b'*', ..])
        || is_file(secret)
        || secret.split(|byte| b"/._-:".contains(byte)).filter(|part| part.len() > 5).any(is_wordy)
}
