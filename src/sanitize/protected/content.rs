//! Private keys, whatever a file is called, by how it begins.
//!
//! A key counts where it is written down as one: the line that opens it stands
//! at the beginning of a line, but for white space, and its body follows, at
//! least 32 characters of base64, after nothing but the headers that may stand
//! between them (RFC 1421, RFC 9580) and empty lines. What comes before does
//! not matter: a comment, `Bag Attributes`, certificates, the rest of a
//! manifest that embeds it. So a program or a page that only quotes the opening
//! line, in a string, a pattern or a sentence, holds no key for us, and a key
//! that was pasted whole into one does.
//!
//! In JSON a key is a string, so there the opening line may follow a `:`; the
//! file must be JSON from its first character on. Encodings that are no base64
//! have an opening of their own (`PuTTY`, age, Java, DER, `OpenPGP`).

use std::{borrow::Cow, sync::LazyLock};

use regex::bytes::Regex;

use super::Holds;

/// Words without which no expression below matches: most files have none, and are done.
const WORDS: &str = r#"PRIVATE KEY|PuTTY-User-Key|AGE-SECRET-KEY-|Static key V1|PrivateKey|secret key|-key-data:|"kty"|HTTP Cookie File"#;

/// What is a key, or another secret with a form of its own.
const KEYS: &[(&str, Holds)] = &[
    // PEM (RFC 7468, RFC 1421), OpenSSH, OpenPGP armour; also on one line, as variables carry it
    (
        r"(?x) (?:\A|[\r\n]) [\x20\t]* -----BEGIN\x20(?:[A-Z0-9]+\x20)*PRIVATE\x20KEY(?:\x20BLOCK)?-----
          (?: [\x20\t]* (?:\r\n?|\n) (?: [\x20\t]* (?:[A-Za-z][A-Za-z0-9-]*:[^\r\n]*)? (?:\r\n?|\n) ){0,32} [\x20\t]*
            | (?:\\r)?\\n | \x20 )?
          [A-Za-z0-9+/=]{32}",
        Holds::PrivateKey,
    ),
    // the same as a string of JSON: service accounts and their like
    (
        r#"(?xs) \A\s*[\{\[] .*? :\s*"\s*-----BEGIN\x20(?:[A-Z0-9]+\x20)*PRIVATE\x20KEY-----(?:\\r)?\\n [A-Za-z0-9+/=]{32}"#,
        Holds::PrivateKey,
    ),
    // JSON Web Keys (RFC 7517)
    (
        r#"(?xs) \A\s*[\{\[] (?: .*? "kty" .*? "d"\s*:\s*"[A-Za-z0-9_-]{32} | .*? "d"\s*:\s*"[A-Za-z0-9_-]{32} .*? "kty" )"#,
        Holds::PrivateKey,
    ),
    // SSH.com
    (r"(?m)^---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----", Holds::PrivateKey),
    // PuTTY
    (r"\A\s*PuTTY-User-Key-File-[0-9]+: ", Holds::PrivateKey),
    // age
    (r"(?m)^[ \t]*AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{50}", Holds::PrivateKey),
    // OpenVPN
    (r"(?m)^[ \t]*-----BEGIN OpenVPN Static key V1-----[ \t]*\r?\n[ \t]*[0-9a-fA-F]{32}", Holds::PrivateKey),
    // WireGuard
    (
        r"(?mx) \A (?:[\x20\t]*(?:[\#;][^\n]*)?\r?\n)* [\x20\t]*\[Interface\] [^\[]*? ^[\x20\t]*PrivateKey[\x20\t]*=[\x20\t]*[A-Za-z0-9+/]{43}=",
        Holds::PrivateKey,
    ),
    // minisign, signify
    (r"\A\s*untrusted comment: [^\r\n]*secret key[^\r\n]*\r?\n[A-Za-z0-9+/]{40}", Holds::PrivateKey),
    // kubectl
    (r#"(?m)^[ \t]*client-key-data:[ \t]*["']?[A-Za-z0-9+/=]{32}"#, Holds::Cluster),
    // curl, wget, yt-dlp: sessions
    (r"\A# (?:Netscape )?HTTP Cookie File", Holds::Credentials),
];

/// How binary key stores begin.
const OPENINGS: &[(&[u8], Holds)] = &[
    (b"\xFE\xED\xFE\xED", Holds::PrivateKey),                // Java (JKS)
    (b"\xCE\xCE\xCE\xCE", Holds::PrivateKey),                // Java (JCEKS)
    (b"\x03\xD9\xA2\x9A\x65\xFB\x4B\xB5", Holds::Passwords), // KeePass 1
    (b"\x03\xD9\xA2\x9A\x66\xFB\x4B\xB5", Holds::Passwords), // KeePass 2, before its release
    (b"\x03\xD9\xA2\x9A\x67\xFB\x4B\xB5", Holds::Passwords), // KeePass 2
];

static ANY_WORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(WORDS).ok());
static EXPRESSIONS: LazyLock<Vec<(Regex, Holds)>> =
    LazyLock::new(|| KEYS.iter().filter_map(|(key, holds)| Some((Regex::new(key).ok()?, *holds))).collect());

/// What a file holds that begins with `start` and has `bytes` bytes in all.
#[must_use]
pub fn judge_content(start: &[u8], bytes: u64) -> Option<Holds> {
    let opening = OPENINGS.iter().find(|(opening, _)| start.starts_with(opening));
    if let Some((_, holds)) = opening {
        return Some(*holds);
    }
    if is_der_key(start, bytes) || is_openpgp_key(start) {
        return Some(Holds::PrivateKey);
    }
    let text = plain(start);
    let is_likely = ANY_WORD.as_ref().is_none_or(|words| words.is_match(&text));
    let mut keys = EXPRESSIONS.iter().filter(|_| is_likely);
    keys.find(|(key, _)| key.is_match(&text)).map(|(_, holds)| *holds)
}

/// `start` without a byte order mark. Of UTF-16 and UTF-32, which `PowerShell`
/// writes, what is plain text, which keys are: with every zero byte taken out.
fn plain(start: &[u8]) -> Cow<'_, [u8]> {
    let is_wide = |pair: &[u8]| memchr::memmem::find(start, pair).is_some();
    if is_wide(b"-\0-") || is_wide(b"-\0\0\0-") || is_wide(b"K\0E\0Y") {
        let narrow: Vec<u8> = start.iter().copied().filter(|byte| !matches!(byte, 0 | 0xFE | 0xFF)).collect();
        return narrow.into();
    }
    start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).into()
}

/// DER of RSA (RFC 8017), EC (RFC 5915), any key (RFC 5958) or a store of them (RFC 7292): one
/// sequence as long as the file that begins with its version, and what follows that.
fn is_der_key(start: &[u8], bytes: u64) -> bool {
    const INTEGER: u8 = 0x02;
    const OCTETS: u8 = 0x04;
    const SEQUENCE: u8 = 0x30;
    let (length, rest) = match start {
        [SEQUENCE, 0x82, high, low, rest @ ..] => (4 + u64::from(u16::from_be_bytes([*high, *low])), rest),
        [SEQUENCE, 0x81, length, rest @ ..] => (3 + u64::from(*length), rest),
        [SEQUENCE, length @ 0..=0x7F, rest @ ..] => (2 + u64::from(*length), rest),
        _ => return false,
    };
    let begins = matches!(
        rest,
        [INTEGER, 1, 0, INTEGER | SEQUENCE, ..]
            | [INTEGER, 1, 1, OCTETS | SEQUENCE, ..]
            | [INTEGER, 1, 3, SEQUENCE, ..]
    );
    length == bytes && begins
}

/// A secret key packet (RFC 9580, 5.5.3) at the very beginning.
fn is_openpgp_key(start: &[u8]) -> bool {
    let ([0x94, _, body @ ..]
    | [0x95, _, _, body @ ..]
    | [0xC5, 0..192, body @ ..]
    | [0xC5, 192..224, _, body @ ..]) = start
    else {
        return false;
    };
    matches!(body, [4..=6, _, _, _, _, 1..=3 | 16..=19 | 22 | 25..=28, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\nMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu\n";

    fn key(label: &str) -> String {
        format!("-----BEGIN {label}-----\n{BODY}-----END {label}-----\n")
    }

    #[track_caller]
    fn is_key(bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        assert_eq!(
            judge_content(bytes, bytes.len() as u64),
            Some(Holds::PrivateKey),
            "{}",
            bytes.escape_ascii()
        );
    }

    #[track_caller]
    fn is_none(text: impl AsRef<[u8]>) {
        let bytes = text.as_ref();
        assert_eq!(judge_content(bytes, bytes.len() as u64), None, "{}", bytes.escape_ascii());
    }

    #[test]
    fn every_expression_compiles() {
        assert!(ANY_WORD.is_some());
        assert_eq!(EXPRESSIONS.len(), KEYS.len());
    }

    #[test]
    fn a_key_is_a_key_under_any_label() {
        for label in [
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "DSA PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "PGP PRIVATE KEY BLOCK",
            "ANY PRIVATE KEY",
            "SSH2 ENCRYPTED PRIVATE KEY",
        ] {
            is_key(key(label));
        }
    }

    #[test]
    fn what_stands_before_a_key_does_not_hide_it() {
        let certificate = key("CERTIFICATE").repeat(20);
        for before in [
            "\n\n  \t\n",
            "\u{feff}",
            "# the key of the server\n",
            "; a note\r\n",
            "Bag Attributes\n    friendlyName: server\n    localKeyID: 54 69 6D\nKey Attributes: <No Attributes>\n",
            "subject=/CN=x\nissuer=/CN=y\n",
            &certificate,
            "apiVersion: v1\nkind: Secret\nstringData:\n  tls.key: |\n    ",
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
            "<key>\n",
            "  ",
        ] {
            is_key(format!("{before}{}", key("EC PRIVATE KEY")));
        }
    }

    #[test]
    fn headers_and_line_ends_do_not_hide_a_key() {
        let plain = key("RSA PRIVATE KEY");
        is_key(plain.replace('\n', "\r\n"));
        is_key(plain.replace('\n', "\r"));
        is_key(
            plain.replace("-----\nMII", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,3F17\n\nMII"),
        );
        is_key(
            key("PGP PRIVATE KEY BLOCK").replace("-----\nMII", "-----\nVersion: GnuPG v2\nComment: x\n\nMII"),
        );
        is_key(plain.replace("-----\nMII", "----- \t\n\n  MII"));
        is_key(plain.replace('\n', "\\n"));
        is_key(plain.replace('\n', " "));
        is_key(plain.replace('\n', ""));
    }

    #[test]
    fn a_key_in_utf_16_is_a_key() {
        let text = key("PRIVATE KEY");
        let units = |mark: &str| format!("{mark}{text}").encode_utf16().collect::<Vec<_>>();
        for mark in ["", "\u{feff}"] {
            is_key(units(mark).iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>());
            is_key(units(mark).iter().flat_map(|unit| unit.to_be_bytes()).collect::<Vec<_>>());
        }
        is_key(text.chars().flat_map(|char| (char as u32).to_le_bytes()).collect::<Vec<_>>());
    }

    #[test]
    fn other_forms_of_keys_are_known() {
        is_key("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n");
        is_key(format!("# created: 2026-01-01\n# public key: age1x\nAGE-SECRET-KEY-1{}\n", "Q".repeat(58)));
        is_key(
            "untrusted comment: minisign encrypted secret key\nRWRTY0IyEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE\n",
        );
        is_key(format!("[Interface]\nAddress = 10.0.0.2/32\nPrivateKey = {}=\n", "A".repeat(43)));
        is_key("-----BEGIN OpenVPN Static key V1-----\n6acef03f62675b4b1bbd03e53b187727\n");
        let one_line = key("PRIVATE KEY").replace('\n', "\\n");
        is_key(format!("{{\n  \"type\": \"service_account\",\n  \"private_key\": \"{one_line}\"\n}}"));
        is_key(format!("{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"{}\"}}", "n".repeat(43)));
        for (start, holds) in OPENINGS {
            assert_eq!(judge_content(start, 9), Some(*holds));
        }
        let kube = format!("apiVersion: v1\nusers:\n- user:\n    client-key-data: {}\n", "L".repeat(64));
        assert_eq!(judge_content(kube.as_bytes(), 1), Some(Holds::Cluster));
    }

    #[test]
    fn keys_without_text_are_known() {
        let der = |begin: &[u8]| {
            let mut bytes = vec![0x30, 0x81, 150];
            bytes.extend(begin);
            bytes.resize(153, 7);
            bytes
        };
        for begin in [&[2, 1, 0, 2][..], &[2, 1, 0, 0x30], &[2, 1, 1, 4], &[2, 1, 3, 0x30]] {
            is_key(der(begin));
            assert_eq!(judge_content(&der(begin), 154), None, "not as long as it says");
        }
        is_none(der(&[0x30, 1])); // a certificate
        is_key([0x95, 1, 2, 4, 0, 0, 0, 0, 1]);
        is_none([0x99, 1, 2, 4, 0, 0, 0, 0, 1]); // a public key
    }

    #[test]
    fn who_only_speaks_of_a_key_holds_none() {
        let body = BODY.replace('\n', "");
        for text in [
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\n<your key here>\n-----END RSA PRIVATE KEY-----\n",
            "-----BEGIN PRIVATE KEY-----\nMIIE...\n-----END PRIVATE KEY-----\n",
            "    assert!(text.contains(\"-----BEGIN PRIVATE KEY-----\"));\n",
            "const HEADER: &str = \"-----BEGIN OPENSSH PRIVATE KEY-----\\n\";\n",
            "grep -r -- '-----BEGIN RSA PRIVATE KEY-----' .\n",
            "regex: -----BEGIN [A-Z ]*PRIVATE KEY-----\n",
            "It begins with -----BEGIN PRIVATE KEY-----.\n",
            "> -----BEGIN PRIVATE KEY-----\n> in a mail\n",
            "| PEM | -----BEGIN PRIVATE KEY----- |\n",
            "-----BEGIN PRIVATE KEY-----\nis how such a file begins, says the manual.\n",
            "-----BEGIN PRIVATE KEY-----",
            "PrivateKey = the key of this side\n[Interface]\n",
            "AGE-SECRET-KEY-1...\n",
            "{\"title\": \"-----BEGIN PRIVATE KEY-----\"}",
            "{\"d\": \"a sentence that is not a number of a key, because it has spaces\"}",
            "client-key-data: REDACTED\n",
            "PuTTY",
            "",
        ] {
            is_none(text);
        }
        is_none(key("CERTIFICATE"));
        is_none(key("PUBLIC KEY"));
        is_none(key("PGP PUBLIC KEY BLOCK"));
        is_none(format!("let pem = \"-----BEGIN PRIVATE KEY-----\\n{body}\";\n"));
        is_none(format!("keys = [\n    \"-----BEGIN PRIVATE KEY-----\"\n    \"{body}\"\n]\n"));
        is_none(format!("{{\"kty\":\"OKP\",\"x\":\"{}\"}}", "n".repeat(43)));
        is_none(b"\0\x01PNG\0-\0-\0-");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_no_prose_is_a_key(bytes in proptest::collection::vec(0u8..=255, 0..200), prose in "[ -~\n]{0,200}") {
            let _ = judge_content(&bytes, bytes.len() as u64);
            proptest::prop_assert_eq!(judge_content(prose.as_bytes(), prose.len() as u64), None);
        }
    }
}
