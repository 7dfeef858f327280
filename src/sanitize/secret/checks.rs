//! What a match must be besides of the right shape.

use base64::{
    Engine as _,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{
    rule::Match,
    words::{contains, entropy, is_placeholder, is_wordy},
};

/// As varied as chance makes 16 characters, and no placeholder.
pub(super) fn is_varied(found: &Match<'_>) -> bool {
    entropy(found.secret()) >= 3.0 && !is_placeholder(found.secret())
}

/// No placeholder; for what is as regular as a number.
pub(super) fn is_no_placeholder(found: &Match<'_>) -> bool {
    !is_placeholder(found.secret())
}

/// Too varied for anything but chance; for what holds words and numbers besides.
pub(super) fn is_dense(found: &Match<'_>) -> bool {
    entropy(found.secret()) >= 4.0
}

/// Drawn by chance: letters and digits, varied, and no words.
pub(super) fn is_random(found: &Match<'_>) -> bool {
    looks_random(found.secret())
}

pub(super) fn looks_random(secret: &[u8]) -> bool {
    let has = |class: fn(&u8) -> bool| secret.iter().any(class);
    let is_hex = secret.iter().all(u8::is_ascii_hexdigit);
    has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && entropy(secret) >= if is_hex { 3.0 } else { 3.5 }
        && (is_hex || !is_wordy(secret))
        && !is_placeholder(secret)
}

/// Drawn by chance, and no part of a longer run of base64, where chance writes any four letters now and then.
pub(super) fn is_free(found: &Match<'_>) -> bool {
    !matches!(found.before().last(), Some(b'+' | b'/'))
        && !matches!(found.behind().first(), Some(b'+' | b'/' | b'='))
        && !contains(found.secret().get(4..).unwrap_or_default(), "AAAA")
        && is_random(found)
}

/// Varied, and not made of words.
pub(super) fn is_no_word(found: &Match<'_>) -> bool {
    is_varied(found) && !is_wordy(found.secret())
}

/// base64 in either alphabet, padded or not.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let url_safe = |byte: &u8| match byte {
        b'+' => b'-',
        b'/' => b'_',
        other => *other,
    };
    ENGINE.decode(text.iter().map(url_safe).collect::<Vec<_>>()).ok()
}

/// A JSON Web Token (RFC 7519) whose header names an algorithm, and that is no manual's.
pub(super) fn is_jwt(found: &Match<'_>) -> bool {
    #[derive(serde::Deserialize)]
    struct Header {
        alg: String,
    }
    let mut parts = found.secret().split(|byte| *byte == b'.');
    let Some(header) = parts.next().and_then(decode) else { return false };
    let Ok(header) = serde_json::from_slice::<Header>(&header) else { return false };
    // Without a signature it opens nothing (RFC 7519, section 6).
    if header.alg.eq_ignore_ascii_case("none") {
        return false;
    }
    let claims = parts.next().and_then(decode).unwrap_or_default();
    // jwt.io, the example of RFC 7519 (section 3.1), and PyJWT.
    let samples = ["John Doe", "http://example.com/is_root", r#"{"some":"payload"}"#];
    !samples.iter().any(|sample| contains(&claims, sample)) && entropy(found.secret()) >= 4.0
}

/// The token of a Discord bot begins with the number of its account.
pub(super) fn is_discord(found: &Match<'_>) -> bool {
    let id = found.secret().split(|byte| *byte == b'.').next().and_then(decode).unwrap_or_default();
    (17..=20).contains(&id.len()) && id.iter().all(u8::is_ascii_digit) && is_varied(found)
}

/// A block of PEM that holds a key and not the dots of a manual.
pub(super) fn is_key_block(found: &Match<'_>) -> bool {
    const KEY_CHARACTERS_MIN: usize = 40;
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    found
        .whole()
        .split(|byte| !is_base64(byte))
        // Of a line end in a string of JSON, the letter sticks to the next line.
        .filter(|run| run.len() >= KEY_CHARACTERS_MIN)
        .any(|run| entropy(run) >= 4.0 && !is_placeholder(run) && !is_wordy(run))
}

/// A block of PEM that was encoded once more, as in a `kubeconfig`.
pub(super) fn is_encoded_key_block(found: &Match<'_>) -> bool {
    let head = found.secret().get(..64).and_then(decode).unwrap_or_default();
    contains(&head, "PRIVATE KEY")
}

/// The private part of a key as JSON (RFC 7517), told from any other `d` by what stands around it.
pub(super) fn is_of_a_jwk(found: &Match<'_>) -> bool {
    let parts = [r#""kty""#, r#""crv""#, r#""alg""#, r#""n""#, r#""e""#, r#""x""#, r#""d""#, r#""p""#];
    parts.iter().any(|part| contains(found.before(), part) || contains(found.behind(), part))
        && is_random(found)
}
