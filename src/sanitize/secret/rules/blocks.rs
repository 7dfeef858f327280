//! What has a form of its own: private keys, tokens that are signed, and the keys of this server.

use super::super::{
    checks::{is_encoded_key_block, is_jwt, is_key_block, is_of_a_jwk, is_random},
    pem,
    rule::{Rule, named, token},
};
use crate::limits;

const PEM: &str =
    "https://www.rfc-editor.org/rfc/rfc7468 and https://www.rfc-editor.org/rfc/rfc9580#section-6.2";

/// A line of a block, from the end of the one before.
macro_rules! pem_line {
    ($content:literal) => {
        concat!(
            "(?:(?:",
            r#"(?:["'`,;+\\ \t]*(?:\r?\n|(?:\\+r)?\\+n)|[ \t]+)"#,
            r#"(?:[0-9]{1,6}[:\t |]{1,4})?[ \t>#*/|"'`+-]{0,16}"#,
            "){1,4}",
            $content,
            ")"
        )
    };
}

/// A block to its last line or, where that is missing, to the end of the base64. Lines may be
/// indented, commented, quoted, numbered, or ended by the `\n` of a string.
const PRIVATE_KEY: &str = concat!(
    "-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:",
    "(?:[^-]|-{1,4}[^-])*?-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
    "|",
    pem_line!(r"[A-Za-z-]{2,20}: [^\r\n\\]{0,200}"),
    "{0,8}",
    pem_line!("(?:[A-Za-z0-9+/=]{16,}|[A-Za-z0-9+/]{1,15}={1,2}|=[A-Za-z0-9+/]{4})"),
    "+)",
);

const PRIVATE_KEY_END: &str =
    "(?:[^-]|-{1,4}[^-])*?-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----";

pub(super) const TABLE: &[Rule] = &[
    token("mcp_server_key", &["mcps_"], "mcps_[A-Za-z0-9_-]{43}", "`mcp-server keys generate`").glued(),
    token("private_key", &["-----BEGIN "], PRIVATE_KEY, PEM)
        .within(limits::SECRET_BYTES_MAX)
        .glued()
        .open()
        .check(is_key_block),
    // the rest of a block whose beginning is elsewhere, as in a part of a file
    token("private_key", &["-----END "], PRIVATE_KEY_END, PEM)
        .begin(pem::begin)
        .within(limits::SECRET_BYTES_MAX)
        .glued()
        .open()
        .check(is_key_block),
    token("private_key", &["LS0tLS1CRUdJTi"], "LS0tLS1CRUdJTi[A-Za-z0-9+/]{80,}={0,2}", PEM)
        .within(limits::SECRET_BYTES_MAX)
        .open()
        .check(is_encoded_key_block),
    token(
        "private_key",
        &["Private-Lines: "],
        r"(?:[A-Za-z0-9+/=]{64}\r?\n[ \t]{0,16})*[A-Za-z0-9+/=]{1,64}",
        "https://tartarus.org/~simon/putty-snapshots/htmldoc/AppendixC.html",
    )
    .after(r"Private-Lines: [0-9]{1,3}\r?\n[ \t]{0,16}")
    .within(limits::SECRET_BYTES_MAX)
    .open(),
    named(
        "private_key",
        &["\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\"", "\"k\""],
        r#""(?:d|p|q|dp|dq|qi|k)"[ \t]{0,4}:[ \t]{0,4}""#,
        "[A-Za-z0-9_-]{43,}\"",
        "https://www.rfc-editor.org/rfc/rfc7517#section-9.2",
    )
    .trim(1)
    .within(2 << 10)
    .check(is_of_a_jwk),
    token(
        "age_secret_key",
        &["AGE-SECRET-KEY-"],
        "AGE-SECRET-KEY-(?:PQ-)?1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58,120}",
        "https://github.com/C2SP/C2SP/blob/main/age.md",
    )
    .glued(),
    named(
        "wireguard_key",
        &["privatekey", "presharedkey"],
        "(?i:private|preshared)(?i:key)[ \t]*=[ \t]*",
        "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=",
        "https://man7.org/linux/man-pages/man8/wg.8.html",
    )
    .open()
    .check(is_random),
    token(
        "jwt",
        &["eyJ", "eyA", "ewo"],
        r"e[wy][AJo][A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]{16,}){1,3}",
        "https://www.rfc-editor.org/rfc/rfc7519#section-3",
    )
    .within(limits::SECRET_BYTES_MAX)
    .base64()
    .open()
    .check(is_jwt),
];
