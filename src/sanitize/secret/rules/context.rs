//! What is known by what stands around it.

use super::{
    super::{
        checks::is_random,
        names::is_given,
        passwords::{
            is_basic, is_by_itself, is_in_a_connection, is_of_a_url, is_of_an_environment, is_strong,
        },
        rule::{Rule, named, token},
    },
    given,
};

/// A name and its value, in bytes: nobody's password is longer, and a text may hold nothing but names.
const VALUE: usize = 256;
const CWE: &str = "https://cwe.mitre.org/data/definitions/798.html";

/// The header up to its credentials, in a request or in code that makes one.
macro_rules! authorization {
    ($scheme:literal) => {
        concat!(
            r#"(?i:authorization)(?:\\{0,3}["'`])?[\])]?[ \t]{0,8}(?:=>|[:=,(]|%3[aA])"#,
            r#"[ \t]{0,8}(?:[A-Za-z_:.]{0,24}\(|\\{0,3}["'`]|%20){0,2}(?i:"#,
            $scheme,
            r")(?:[ \t]{1,4}|%20)",
        )
    };
}

pub(super) const TABLE: &[Rule] = &[
    named(
        "basic_auth",
        &["authorization"],
        authorization!("basic"),
        "[A-Za-z0-9+/]{6,}={0,2}",
        "https://www.rfc-editor.org/rfc/rfc7617",
    )
    .check(is_basic),
    named(
        "bearer_token",
        &["authorization"],
        authorization!("bearer|token|bot|apikey|key"),
        "[A-Za-z0-9._~+/-]{16,}={0,2}",
        "https://www.rfc-editor.org/rfc/rfc6750#section-2.1",
    )
    .within(4 << 10)
    .check(is_random),
    // up to the last `@`, for people forget to write it as `%40`
    named(
        "url_password",
        &["://"],
        r#"://[^\s:@/?#"'<>`\\]*:"#,
        r#"[^\s/?#"'<>`\\,]+@"#,
        "https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1",
    )
    .trim(1)
    .open()
    .check(is_of_a_url),
    named(
        "connection_password",
        &["password", "pwd"],
        "(?i:password|pwd)[ ]?=[ ]?",
        r#"[^;"'\s&<>,()\[\]]{4,}"#,
        "https://learn.microsoft.com/dotnet/framework/data/adonet/connection-string-syntax",
    )
    .within(VALUE)
    .open()
    .check(is_in_a_connection),
    token(
        "netrc_password",
        &["machine"],
        r"\S+",
        "https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html",
    )
    .after(r"machine\s+\S+\s+login\s+\S+\s+(?:account\s+\S+\s+)?password\s+")
    .open()
    .check(is_by_itself),
    named(
        "xml_password",
        &["<password>"],
        "(?i:<password>)",
        "[^<>\\s]{4,}</[Pp]assword>",
        "https://maven.apache.org/settings.html#servers",
    )
    .trim("</password>".len())
    .within(VALUE)
    .open()
    .check(is_by_itself),
    token(
        "password",
        &["PASSWORD=", "PASSWD=", "PASSPHRASE=", "_PASS=", "_PWD="],
        r#"[^\s"'`<>]{6,}"#,
        CWE,
    )
    .after(r#"[A-Z_]{4,10}=["']?"#)
    .within(VALUE)
    .glued()
    .open()
    .check(is_of_an_environment),
    named(
        "password",
        &["password", "passwd", "passphrase"],
        r#"(?i:password|passwd|passphrase)["']?\]?[ \t]{0,8}[:=][ \t]{0,8}["']"#,
        r#"[^\s"'`<>]{8,}["']"#,
        CWE,
    )
    .trim(1)
    .within(VALUE)
    .open()
    .check(is_strong),
    named(
        "generic_secret",
        &[
            "api_key", "api-key", "apikey", "access_key", "accesskey", "secret_key", "secretkey", "private_key",
            "signing_key", "encryption_key", "master_key", "auth_key", "account_key", "subscription-key",
            "key_base", "token", "secret", "password", "passwd", "passphrase", "credential",
        ],
        given!(
            "(?:api[_-]?|access_?|secret_?|private_|signing_|encryption_|master_|auth_|account_|subscription-)key\
             |key_base|token|secret|password|passwd|passphrase|credentials?"
        ),
        "[A-Za-z0-9+/=_.~!@#$%^*-]{20,}",
        CWE,
    )
    .within(VALUE)
    .open()
    .check(is_given),
];
