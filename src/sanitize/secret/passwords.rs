//! Passwords, which look like nothing: what people write where one belongs, and is none.

use super::{
    checks::decode,
    rule::Match,
    words::{contains, entropy, is_placeholder, is_wordy},
};

/// A password of a URL: no placeholder and not the name of its user; for a host of a manual, a strong one.
pub(super) fn is_of_a_url(found: &Match<'_>) -> bool {
    let start = found.secret.start - found.whole.start;
    let user = found.whole().get(3..start.saturating_sub(1)).unwrap_or_default();
    let is_of_a_host = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let behind = found.behind();
    let host = behind.iter().take_while(|byte| is_of_a_host(byte)).count();
    let is_in_brackets = behind.starts_with(b"[");
    is_password(found.secret(), user)
        && (is_in_brackets
            || !is_host_of_a_manual(behind.get(..host).unwrap_or_default())
            || is_strong(found))
}

/// The base64 of `user:password` (RFC 7617).
pub(super) fn is_basic(found: &Match<'_>) -> bool {
    let Some(decoded) = decode(found.secret()) else { return false };
    let Some(colon) = decoded.iter().position(|byte| *byte == b':') else { return false };
    let (user, password) = decoded.split_at(colon);
    let password = password.get(1..).unwrap_or_default();
    std::str::from_utf8(&decoded).is_ok_and(|text| !text.contains(char::is_control))
        && is_password(password, user)
        && !is_placeholder(found.secret())
}

/// A password that follows its name in a list of settings: `;` or `&` between them, as in ADO and JDBC,
/// or spaces, as in libpq.
pub(super) fn is_in_a_connection(found: &Match<'_>) -> bool {
    const NAMES: [&str; 8] =
        ["server=", "data source=", "host=", "user id=", "uid=", "user=", "username=", "database="];
    let before = found.before().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let behind = found.behind().split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(before).to_ascii_lowercase() + &String::from_utf8_lossy(behind);
    let line = line.to_ascii_lowercase().replace(" =", "=").replace("= ", "=");
    let names = NAMES.iter().filter(|name| line.contains(**name)).count();
    let needed = match before.trim_ascii_end().last() {
        Some(b';' | b'?' | b'&') => 1,
        // the first of a list
        None | Some(b'"' | b'\'' | b'=') if behind.starts_with(b";") => 1,
        Some(byte) if byte.is_ascii_alphanumeric() && before.ends_with(b" ") && line.contains("host=") => 2,
        _ => return false,
    };
    names >= needed && is_password(found.secret(), b"")
}

/// A password by itself.
pub(super) fn is_by_itself(found: &Match<'_>) -> bool {
    is_password(found.secret(), b"")
}

/// The value of a variable of the environment, or of a file of them: no words and no path, and not small
/// letters alone.
pub(super) fn is_of_an_environment(found: &Match<'_>) -> bool {
    let secret = found.secret();
    is_password(secret, b"")
        && !secret.iter().all(u8::is_ascii_alphabetic)
        && !matches!(secret, [b'/' | b'.' | b'~', ..])
        && entropy(secret) >= 2.5
        && !is_wordy(secret)
}

/// A password with at least three kinds of characters, none a word; for a context that is weaker.
pub(super) fn is_strong(found: &Match<'_>) -> bool {
    let secret = found.secret();
    let kinds: [fn(&u8) -> bool; 4] =
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, u8::is_ascii_punctuation];
    let is_words_in_base64 = || decode(secret).is_some_and(|text| text.is_ascii() && is_wordy(&text));
    is_password(secret, b"")
        && kinds.iter().filter(|kind| secret.iter().any(kind)).count() >= 3
        && entropy(secret) >= 2.5
        && !is_wordy(secret)
        && !is_words_in_base64()
}

fn is_password(password: &[u8], user: &[u8]) -> bool {
    const BYTES_MIN: usize = 4;
    const BYTES_MAX: usize = 200;
    (BYTES_MIN..=BYTES_MAX).contains(&password.len())
        && !password.eq_ignore_ascii_case(user)
        && !is_expanded(password)
        && !is_a_word_for_one(password)
}

/// Whether a program puts the password there: `$PASS`, `${PASS}`, `{{ pass }}`, `{pass}`, `%s`, `%PASS%`.
fn is_expanded(text: &[u8]) -> bool {
    let is_name =
        |name: &[u8]| name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.-:".contains(byte));
    let enclosed = match text {
        [b'$' | b':', name @ ..] | [b'%', name @ .., b'%'] => is_name(name),
        [b'<', .., b'>'] | [b'[', .., b']'] | [b'(', .., b')'] | [b'{', .., b'}'] | [b'%', b'(', ..] => true,
        [b'%', letter] => letter.is_ascii_alphabetic(),
        _ => false,
    };
    let opens = ["${", "$(", "{{", "#{", "<%", "%{", "\\(", "{}", "%s", "%v", "{0}", "process.env"];
    enclosed || opens.iter().any(|open| contains(text, open)) || names_in_braces(text)
}

/// Whether `{name}` stands in `text`.
fn names_in_braces(text: &[u8]) -> bool {
    let Some(open) = memchr::memchr(b'{', text) else { return false };
    let inside = text.get(open + 1..).unwrap_or_default();
    memchr::memchr(b'}', inside).is_some_and(|close| {
        inside
            .get(..close)
            .unwrap_or_default()
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    })
}

/// Whether it is a word for a password, or what everybody tries first.
fn is_a_word_for_one(text: &[u8]) -> bool {
    let plain = plain(text);
    let is_one_character = text.iter().all(|byte| Some(byte) == text.first());
    is_one_character
        || text.iter().all(u8::is_ascii_punctuation)
        || WORDS.split_whitespace().any(|word| plain == word.as_bytes())
        || PARTS.split_whitespace().any(|part| contains(&plain, part))
        || b"12345678901234567890".windows(text.len()).any(|digits| digits == text)
}

/// In small letters, and without the number that a word gets to please a rule.
fn plain(text: &[u8]) -> Vec<u8> {
    let lower = text.to_ascii_lowercase();
    let tails: [&[u8]; 7] = [b"!", b"1", b"2", b"12", b"123", b"1234", b"12345"];
    let word = tails.iter().rev().find_map(|tail| lower.strip_suffix(*tail)).unwrap_or(&lower);
    word.iter().filter(|byte| !matches!(byte, b'-' | b'_' | b'.')).copied().collect()
}

/// Nobody's password but a manual's or a program's as it comes out of its box.
const WORDS: &str = "abc abcd abcdef abcdefg access admin administrator alice anonymous any api apikey auth bar \
                     basic baz blah bob bogus changeit changeme client credential credentials default demo dev \
                     developer dummy empty env fake false filtered foo foobar guest hello hidden host key \
                     letmein local localhost login masked mongo mongodb my mykey mypw mypwd mysecret mysql mytoken \
                     name nil none null omitted opensesame oracle pass postgres postgresql production pw pwd psw qwerty rabbit \
                     rabbitmq readonly redis removed root sa sample scott sekret seeckrit secret some something \
                     sqlserver staging string supersecret system test tester testing tiger todo token toor true \
                     undefined unused user username value world xoauthbasic xyzzy xtoken xyz yourtoken";

/// What stands in a placeholder and hardly in a password.
const PARTS: &str = "anoncvs changeme example foobar passphrase passwd password passwort pasword placeholder proxypass \
                     redacted replace secretpass testpass userpass xxxx your";

/// Hosts that documentation may use (RFC 2606, RFC 6761), and words for a host.
fn is_host_of_a_manual(host: &[u8]) -> bool {
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(b".").unwrap_or(&host);
    let ends = [".example", ".test", ".invalid", "example.com", "example.org", "example.net", "example.edu"];
    ends.iter().any(|end| host.ends_with(end.as_bytes())) || WORDS_FOR_HOSTS.contains(&host)
}

const WORDS_FOR_HOSTS: [&[u8]; 12] = [
    b"",
    b"...",
    b"domain",
    b"domain.com",
    b"example",
    b"foo.com",
    b"host",
    b"host.com",
    b"hostname",
    b"myhost",
    b"test",
    b"test.com",
];
