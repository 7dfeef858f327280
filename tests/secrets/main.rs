//! Secrets are found whatever stands around them, and nothing else is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a failed step of a test is a panic, brevity counts, and a test looks at files"
)]

mod samples;

use std::{collections::BTreeSet, fs, path::Path, sync::LazyLock, time::Instant};

use mcp_server::sanitize::secret::{self, Secret, find};
use proptest::prelude::*;
use samples::{BASE62, HEX, Sample, draw, jwt, pem};

/// What a token may stand in.
const SURROUNDINGS: &[(&str, &str)] = &[
    ("", ""),
    (" ", " "),
    ("{\"value\": \"", "\", \"next\": null}"),
    ("spec:\n  value: ", "\n  replicas: 2\n"),
    ("# settings\nVALUE=", "\nPORT=8080\n"),
    ("$ export VALUE='", "'\n"),
    ("let value = \"", "\".to_owned();\n"),
    ("client.connect(`", "`, 8080)"),
    ("https://acme.dev/v1/items?value=", "&page=2"),
    ("<item>", "</item>"),
    ("see [it](", ") for more"),
    ("{\\\"value\\\": \\\"", "\\\"}"),
    ("first line\\n", "\\nlast line"),
    ("first line\r\n", "\r\nlast line"),
    ("ключ — „", "“ — clé 🔑"),
    ("鍵", "鍵"),
];

#[track_caller]
fn is_found(text: &[u8], sample: &Sample, start: usize) {
    let expected = Secret { kind: sample.kind, range: start..start + sample.secret.len() };
    let shown = String::from_utf8_lossy(text);
    assert_eq!(find(text), [expected], "{} in {shown}", sample.kind);
}

#[track_caller]
fn is_none(text: &str) {
    assert_eq!(find(text.as_bytes()), [], "in {text}");
}

static TOKENS: LazyLock<Vec<Sample>> = LazyLock::new(samples::tokens);
static ALL: LazyLock<Vec<Sample>> =
    LazyLock::new(|| samples::tokens().into_iter().chain(samples::named()).collect());

#[test]
fn every_kind_has_a_sample_and_a_name_for_a_log() {
    let sampled: BTreeSet<_> = ALL.iter().map(|sample| sample.kind).collect();
    let kinds: BTreeSet<_> = secret::kinds().collect();
    assert_eq!(sampled, kinds);
    assert!(
        kinds.iter().all(|kind| kind.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')))
    );
}

#[test]
fn a_token_is_found_in_whatever_it_stands() {
    for sample in TOKENS.iter() {
        for (before, after) in SURROUNDINGS {
            is_found(format!("{before}{}{after}", sample.secret).as_bytes(), sample, before.len());
        }
    }
}

#[test]
fn a_value_is_found_by_its_name_at_the_start_at_the_end_and_between_lines() {
    for sample in &samples::named() {
        let text = format!("{}{}{}", sample.before, sample.secret, sample.after);
        let start = sample.before.len();
        is_found(text.as_bytes(), sample, start);
        is_found(format!("{text}\nthe next line\n").as_bytes(), sample, start);
        let lines = "the line before — ключ\n";
        is_found(format!("{lines}{text}").as_bytes(), sample, lines.len() + start);
    }
}

#[test]
fn bytes_that_are_no_text_hide_nothing() {
    for sample in ALL.iter() {
        let text = format!("{}{}{}", sample.before, sample.secret, sample.after);
        let bytes = [b"\xff\xfe\x80 ", text.as_bytes(), b"\xc3\n\x00\xff"].concat();
        is_found(&bytes, sample, 4 + sample.before.len());
    }
}

#[test]
fn many_secrets_are_found_from_left_to_right() {
    let (mut text, mut expected) = (String::new(), Vec::new());
    for sample in TOKENS.iter() {
        expected.push(Secret { kind: sample.kind, range: text.len()..text.len() + sample.secret.len() });
        text.push_str(&sample.secret);
        text.push_str(" und\n");
    }
    assert_eq!(find(text.as_bytes()), expected);
}

#[test]
fn a_private_key_is_found_as_a_whole_block() {
    for name in ["PRIVATE", "RSA PRIVATE", "EC PRIVATE", "OPENSSH PRIVATE", "ENCRYPTED PRIVATE"] {
        let sample =
            |secret| Sample { kind: "private_key", before: String::new(), secret, after: String::new() };
        for newline in ["\n", "\r\n", "\\n", "\n    ", "\n# ", "\\n\" +\n  \""] {
            let block = sample(pem(name, newline));
            is_found(block.secret.as_bytes(), &block, 0);
            let text = format!("key: \"{}\"\nport: 8080\n", block.secret);
            is_found(text.as_bytes(), &block, 6);
            // without its last line, to the end of the base64
            let cut = sample(block.secret[..block.secret.rfind(newline).unwrap()].to_owned());
            is_found(cut.secret.as_bytes(), &cut, 0);
            // without its first line, from the beginning of the base64
            let lines = block.secret.find(newline).unwrap() + newline.len();
            let rest = sample(block.secret[lines..].to_owned());
            is_found(rest.secret.as_bytes(), &rest, 0);
            is_found(format!("of the key:\n{}\n", rest.secret).as_bytes(), &rest, 12);
            is_found(format!("{}\n\nThe text goes on here.\n", cut.secret).as_bytes(), &cut, 0);
        }
    }
}

#[test]
fn a_private_key_of_pgp_or_with_headers_or_encoded_is_found() {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let body = |seed| {
        format!("{}\n{}\n{}", draw(BASE62, 64, seed), draw(BASE62, 64, seed + 1), draw(BASE62, 20, seed + 2))
    };
    let begin = |name: &str| format!("-----BEGIN {name}-----\n");
    let end = |name: &str| format!("\n-----END {name}-----");
    let pgp = "PGP PRIVATE KEY BLOCK";
    let rsa = "RSA PRIVATE KEY";
    let blocks = [
        format!("{}Version: GnuPG v2\nComment: mine\n\n{}=\n=aB3d{}", begin(pgp), body(1), end(pgp)),
        format!(
            "{}Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A1B\n\n{}{}",
            begin(rsa),
            body(4),
            end(rsa)
        ),
        BASE64_STANDARD.encode(pem(rsa, "\n")),
    ];
    for secret in blocks {
        let sample = Sample { kind: "private_key", before: String::new(), secret, after: String::new() };
        is_found(format!("data: {}\n", sample.secret).as_bytes(), &sample, 6);
    }
}

#[test]
fn two_secrets_that_overlap_are_one_of_the_kind_that_says_more() {
    let token = format!("ghp_{}", draw(BASE62, 36, 1));
    let jwt = jwt(r#"{"alg":"RS256"}"#, r#"{"sub":"4711"}"#);
    for (text, kind, secret) in [
        (format!("Authorization: Bearer {token}"), "github_token", &token),
        (format!("Authorization: Bearer {jwt}"), "jwt", &jwt),
        (format!("https://me:{token}@github.com/a/b"), "github_token", &token),
        (format!("GITHUB_TOKEN=\"{token}\""), "github_token", &token),
    ] {
        let start = text.find(secret.as_str()).unwrap();
        assert_eq!(find(text.as_bytes()), [Secret { kind, range: start..start + secret.len() }], "{text}");
    }
}

#[test]
fn a_sample_of_a_manual_and_a_placeholder_are_no_secrets() {
    let x = |begin: &str, length| format!("{begin}{}", "x".repeat(length));
    for token in [
        "AKIAIOSFODNN7EXAMPLE".to_owned(),
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        format!("ghp_{}", "16C7e42F292c6912E7710c838347Ae178B4a"),
        format!("sk_test_{}", "4eC39HqLyjWDarjtT1zdp7dc"),
        jwt(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#),
        jwt(r#"{"alg":"none"}"#, r#"{"sub":"4711","iss":"https://id.acme.dev"}"#),
        x("ghp_", 36),
        x("glpat-", 20),
        x("sk-ant-api03-", 95),
        x("xoxb-", 40),
        x("AIza", 35),
        format!("hf_{}", "A".repeat(34)),
        format!("npm_{}", "0123456789abcdefghijklmnopqrstuvwxyz"),
        "github_pat_your_token_goes_here_your_token_goes_here".to_owned(),
        "Authorization: Bearer <your-token-here>".to_owned(),
        "Authorization: Bearer $TOKEN".to_owned(),
        "Authorization: Bearer YOUR_ACCESS_TOKEN_GOES_HERE".to_owned(),
        "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned(),
        "Authorization: Basic dXNlcm5hbWU6cGFzc3dvcmQ=".to_owned(),
        "api_key = \"your-api-key-here-1234\"".to_owned(),
        "API_KEY=${{ secrets.API_KEY }}".to_owned(),
        "const token = process.env.GITHUB_TOKEN_2".to_owned(),
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----".to_owned(),
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA...\n-----END RSA PRIVATE KEY-----".to_owned(),
    ] {
        is_none(&token);
        is_none(&format!("Write \"{token}\" there.\n"));
    }
}

#[test]
fn a_placeholder_of_a_password_is_no_secret() {
    for password in [
        "",
        "password",
        "PASSWORD",
        "pass",
        "passwd",
        "<password>",
        "[password]",
        "${PASS}",
        "$PASS",
        "$PASSWORD",
        "%s",
        "{{ password }}",
        "{{password}}",
        "{password}",
        "{}",
        "{0}",
        "xxx",
        "xxxxxxxx",
        "****",
        "********",
        "...",
        "example",
        "changeme",
        "change-me",
        "secret",
        "mysecretpassword",
        "your_password",
        "YOUR-PASSWORD",
        "%PASS%",
        "%(pass)s",
        "#{pass}",
        "$(cat pw)",
        "test",
        "test123",
        "root",
        "admin",
        "postgres",
        "guest",
        "1234",
        "12345678",
        "pw",
        "p",
        "app",
    ] {
        is_none(&format!("postgres://app:{password}@db.internal:5432/app"));
        is_none(&format!("Server=db;User ID=sa;Password={password};Encrypt=true"));
        is_none(&format!("machine api.acme.dev login deploy password {password}\n"));
        is_none(&format!("<password>{password}</password>"));
        is_none(&format!("DB_PASSWORD={password}\n"));
        is_none(&format!("password: \"{password}\"\n"));
    }
    is_none("https://alice:wonderland@example.com/");
    is_none("https://localhost:8080/@scope/package");
    is_none("ssh://git@github.com:22/acme/app");
}

#[test]
fn no_word_of_ordinary_text_is_a_secret() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/ordinary");
    let mut bytes = 0;
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read(&path).unwrap();
        bytes += text.len();
        let found: Vec<_> = find(&text)
            .into_iter()
            .map(|secret| (secret.kind, String::from_utf8_lossy(&text[secret.range]).into_owned()))
            .collect();
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
    assert!(bytes > 100_000, "there are only {bytes} bytes");
}

#[test]
fn a_digest_or_a_number_is_no_secret() {
    for length in [32, 40, 56, 64, 96, 128] {
        let hex = draw(HEX, length, 9);
        is_none(&format!("\"checksum\": \"{hex}\""));
        is_none(&format!("commit {hex}\nsha256:{hex}\netag: \"{hex}\"\n"));
    }
    is_none(&format!("integrity sha512-{}==", draw(BASE62, 86, 10)));
    is_none(&format!("next_page_token: \"{}\"", draw(BASE62, 40, 11)));
    is_none(&format!("csrf_token=\"{}\"", draw(BASE62, 40, 12)));
    is_none(&format!("src=\"data:image/png;base64,{}\"", draw(BASE62, 4_000, 13)));
}

/// What looks as a search for secrets likes it least: their beginnings, over and over.
#[test]
fn a_text_of_nothing_but_beginnings_takes_no_longer_than_it_is_long() {
    let beginnings = [
        "eyJ-",
        "eyJ.",
        "password=",
        "PASSWORD=",
        "token=",
        "://a:",
        "://",
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "ghp_",
        "xoxb-",
        "machine a login ",
        "authorization: bearer ",
        "MT",
        "sk-",
        "1//0",
    ];
    for beginning in beginnings {
        let seconds = |bytes: usize| {
            let text = beginning.repeat(bytes / beginning.len());
            let start = Instant::now();
            let _ = find(text.as_bytes());
            start.elapsed().as_secs_f64()
        };
        let (short, long) = (seconds(20_000).min(seconds(20_000)), seconds(80_000));
        assert!(long < short * 16.0 + 0.2, "`{beginning}`: {short} s for 20 kB, {long} s for 80 kB");
    }
}

#[test]
#[ignore = "a measurement: cargo test --release --test secrets -- --ignored --nocapture"]
fn ordinary_text_costs_a_few_milliseconds_a_megabyte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/ordinary");
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read(&path).unwrap().repeat(4);
        let _ = find(&text);
        let start = Instant::now();
        let _ = find(&text);
        let milliseconds =
            start.elapsed().as_secs_f64() * 1e9 / f64::from(u32::try_from(text.len()).unwrap());
        println!("{milliseconds:8.2} ms/MB  {}", path.file_name().unwrap().display());
    }
}

proptest! {
    #[test]
    fn whatever_the_bytes_ranges_are_in_order_and_apart(pieces in prop::collection::vec(piece(), 0..12)) {
        let text = pieces.concat();
        let mut end = 0;
        for secret in find(&text) {
            prop_assert!(end <= secret.range.start && secret.range.start < secret.range.end);
            end = secret.range.end;
        }
        prop_assert!(end <= text.len());
    }

    #[test]
    fn in_text_a_range_begins_and_ends_between_characters(
        (before, after) in (".{0,40}", ".{0,40}"), which in 0..ALL.len(),
    ) {
        let sample = &ALL[which];
        let text = format!("{before}{}{}{after}{}{before}", sample.before, sample.secret, sample.after);
        for secret in find(text.as_bytes()) {
            prop_assert!(text.get(secret.range.clone()).is_some(), "{:?} in {text}", secret.range);
        }
    }

    #[test]
    fn a_token_between_any_two_lines_is_found(
        (before, after) in ("[ -~]{0,60}", "[ -~]{0,60}"), which in 0..TOKENS.len(),
    ) {
        let sample = &TOKENS[which];
        let text = format!("{before}\n{}\n{after}", sample.secret);
        let at = before.len() + 1;
        prop_assert!(
            find(text.as_bytes()).iter().any(|found| found.range.start <= at && at + sample.secret.len() <= found.range.end),
            "{} in {text}", sample.kind
        );
    }
}

/// A part of a text: any bytes, or the beginning of a sample.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let cut = (0..ALL.len(), 0.0..1.0_f64).prop_map(|(which, share)| {
        let sample = &ALL[which];
        let text = format!("{}{}{}", sample.before, sample.secret, sample.after).into_bytes();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let length = (text.len() as f64 * (0.5 + share)) as usize;
        text[..length.min(text.len())].to_vec()
    });
    prop_oneof![prop::collection::vec(any::<u8>(), 0..30), cut]
}

#[test]
fn every_row_of_the_corpus_is_found_as_it_is_labelled() {
    let corpus = include_str!("../corpus/secrets.txt");
    let mut wrong = Vec::new();
    for row in corpus.lines().filter(|line| !line.starts_with('#')) {
        let (kind, text) = row.split_once('\t').unwrap();
        let text = serde_json::from_str::<String>(text).unwrap().replace('\u{241f}', "");
        let (before, rest) = text.split_once('«').unwrap();
        let (secret, after) = rest.split_once('»').unwrap();
        let found = find([before, secret, after].concat().as_bytes());
        let found: Vec<_> = found.into_iter().map(|secret| (secret.kind, secret.range)).collect();
        if found != [(kind, before.len()..before.len() + secret.len())] {
            wrong.push(format!("{kind} {before}«{secret}»{after}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
