//! The gate: what a message must be before anything else reads it.
//!
//! [`check`] proves that a message is one JSON object (RFC 8259), bounded in
//! size, depth and number of values, in UTF-8, without a key that occurs twice in one object,
//! and that its top-level `id`, if there is one, is a short string or an
//! integer as written. It says nothing about what the message means: whether
//! it is JSON-RPC is for `protocol`, and whether a number fits a type is for
//! the type.
//!
//! It is written by hand because no kept crate does this: `serde_json` and its
//! peers take the last of two equal keys in silence (also when one of them is
//! spelled with escapes), turn `1.0` and `1e2` into integers on the way to a
//! typed id, and forget the id of a message they refuse, so that its sender
//! would wait for ever. The scanner keeps one bit a level instead
//! of recursing, so no message reaches the end of a stack, and looks at each
//! byte once.

mod id;
mod keys;
mod scan;
mod string;

use std::fmt;

use serde::Serialize;

use crate::{limits, refusal::Code};
use keys::Keys;
use scan::{Mark, Scanner};

/// The id of a request: a string of at most [`limits::ID_BYTES_MAX`] bytes, or
/// an integer as written.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MessageId {
    /// A string, decoded.
    Text(String),
    /// An integer.
    Number(i64),
}

/// Which error of JSON-RPC 2.0 (section 5.1) a fault is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FaultKind {
    /// Not JSON, or not in UTF-8.
    ParseError,
    /// JSON, but no request that we take.
    InvalidRequest,
}

impl FaultKind {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::ParseError => -32_700,
            Self::InvalidRequest => -32_600,
        }
    }
}

/// Why a message was turned away, and whose answer that is.
///
/// `id` is there when exactly one legal top-level id was read before the
/// fault, so that the sender does not wait for ever. Nothing else of the
/// message is kept.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", self.says())]
pub struct MessageFault {
    /// Why, for machines.
    pub code: Code,
    /// Which error of JSON-RPC.
    pub kind: FaultKind,
    /// The id to answer with.
    pub id: Option<MessageId>,
}

impl MessageFault {
    /// A fault of a message whose id is `id`.
    #[must_use]
    pub const fn new(code: Code, id: Option<MessageId>) -> Self {
        let kind = match code {
            Code::NotJson | Code::NotUtf8 => FaultKind::ParseError,
            _ => FaultKind::InvalidRequest,
        };
        Self { code, kind, id }
    }

    /// A message that was given up after [`limits::MESSAGE_BYTES_MAX`] bytes; `id` is what
    /// [`IdSeeker`] found in it.
    #[must_use]
    pub const fn too_large(id: Option<MessageId>) -> Self {
        Self::new(Code::MessageTooLarge, id)
    }

    /// Fixed words: nothing of the message is echoed.
    #[must_use]
    pub const fn says(&self) -> &'static str {
        match self.code {
            Code::MessageTooLarge => "the message is larger than 1 MiB; send less at once",
            Code::MessageTooDeep => "the message is nested deeper than 64 levels",
            Code::MessageTooComplex => "the message holds more than 50,000 values; send less at once",
            Code::NotJson => "the message is not JSON",
            Code::NotUtf8 => "the message is not UTF-8",
            Code::DuplicateKey => "an object in the message has the same key twice",
            Code::Batch => "batches are not part of the protocol; send one message at a time",
            Code::BadId => "the id must be a string of at most 256 bytes or a 64-bit integer",
            _ => "the message must be one JSON object",
        }
    }
}

/// Reads `message` once, in time linear in its length, and says whether the
/// rest of the server may see it.
///
/// A byte order mark is refused: the stdio door takes it off the very first
/// message, and HTTP has no use for one.
///
/// # Errors
///
/// The first fault: [`Code::MessageTooLarge`], [`Code::NotUtf8`], [`Code::NotJson`],
/// [`Code::MessageTooDeep`], [`Code::MessageTooComplex`], [`Code::DuplicateKey`], [`Code::Batch`],
/// [`Code::BadId`], or [`Code::BadMessage`] for JSON that is no object.
pub fn check(message: &[u8]) -> Result<(), MessageFault> {
    if message.len() > limits::MESSAGE_BYTES_MAX {
        let mut seeker = IdSeeker::default();
        seeker.feed(message);
        return Err(MessageFault::too_large(seeker.finish()));
    }
    let (text, utf8) = match std::str::from_utf8(message) {
        Ok(_) => (message, Ok(())),
        Err(error) => (message.get(..error.valid_up_to()).unwrap_or_default(), Err(Code::NotUtf8)),
    };
    let mut scanner = Scanner::default();
    let mut keys = Keys::new(text);
    let read = scanner
        .run(text, |at, mark, depth| match mark {
            Mark::Object => {
                keys.open(depth);
                Ok(())
            }
            Mark::KeyStart => {
                keys.start(at);
                Ok(())
            }
            Mark::KeyEnd => keys.end(at, depth),
        })
        .and(utf8)
        .and_then(|()| scanner.end());
    read.map_err(|code| MessageFault::new(scanner.judge(code), scanner.into_id()))
}

/// Finds the id of a message that is too large to keep, in constant memory,
/// while its bytes pass by.
///
/// It gives an id only if the message has exactly one legal top-level id
/// before its first fault. Faults that need memory to see (equal keys) or do
/// not matter to an id (UTF-8 outside of it) are not looked for: the message
/// is refused in any case.
#[derive(Debug, Default)]
pub struct IdSeeker {
    scanner: Scanner,
    is_over: bool,
}

impl IdSeeker {
    /// Takes the next bytes, split anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        if !self.is_over {
            self.is_over = self.scanner.run(bytes, |_, _, _| Ok(())).is_err();
        }
    }

    /// The id, once the message has ended or was cut off.
    #[must_use]
    pub fn finish(self) -> Option<MessageId> {
        self.scanner.into_id()
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&super::unicode::show(text, limits::ID_BYTES_MAX)),
            Self::Number(number) => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[allow(clippy::unnecessary_wraps, reason = "reads like what it is compared with")]
    fn number(id: i64) -> Option<MessageId> {
        Some(MessageId::Number(id))
    }

    #[allow(clippy::unnecessary_wraps, reason = "reads like what it is compared with")]
    fn text(id: &str) -> Option<MessageId> {
        Some(MessageId::Text(id.to_owned()))
    }

    #[track_caller]
    fn passes(message: impl AsRef<[u8]>) {
        let message = message.as_ref();
        assert_eq!(check(message), Ok(()), "{}", message.escape_ascii());
    }

    #[track_caller]
    fn fails(message: impl AsRef<[u8]>, code: Code, id: Option<MessageId>) {
        let message = message.as_ref();
        let fault = check(message).expect_err(&message.escape_ascii().to_string());
        assert_eq!((fault.code, fault.id), (code, id), "{}", message.escape_ascii());
    }

    fn sought(chunks: &[&[u8]]) -> Option<MessageId> {
        let mut seeker = IdSeeker::default();
        for chunk in chunks {
            seeker.feed(chunk);
        }
        seeker.finish()
    }

    fn nested(open: &str, close: &str, levels: usize) -> String {
        format!("{{\"id\":1,\"a\":{}{}}}", open.repeat(levels - 1), close.repeat(levels - 1))
    }

    #[test]
    fn ordinary_messages_pass() {
        passes(br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
        passes(br#" { "jsonrpc" : "2.0" , "method" : "x" , "params" : { "a" : [ 1 , -2.5e+3 , true , null ] } } "#);
        passes("{\"text\":\"\u{202e} naïve 🚀 \\ud83d\\ude80 \\u0000 \\/ \\\"\"}");
        passes(b"{}\r\n");
    }

    #[test]
    fn what_is_not_json_is_a_parse_error() {
        for message in [
            "",
            " ",
            "hello there",
            "{",
            "}",
            "{]",
            "[}",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{'a':1}",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":.5}",
            "{\"a\":+1}",
            "{\"a\":-}",
            "{\"a\":1e}",
            "{\"a\":0x1}",
            "{\"a\":NaN}",
            "{\"a\":Infinity}",
            "{\"a\":tru}",
            "{\"a\":truex}",
            "{\"a\":nulll}",
            "{\"a\":1 2}",
            "{} {}",
            "{},",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12\"}",
            "{\"a\":\"\\u12g4\"}",
            "{\"a\":\"b\nc\"}",
            "{\"a\":\"\t\"}",
            "// x\n{}",
            "\u{feff}{}",
            "{\"a\":1}\u{a0}",
            "{\"a\":\"",
            "1 2",
            "tr",
            "\"a",
        ] {
            fails(message, Code::NotJson, None);
            assert_eq!(check(message.as_bytes()).map_err(|fault| fault.kind.number()), Err(-32_700));
        }
    }

    #[test]
    fn a_lone_half_of_a_surrogate_pair_is_refused() {
        for bad in
            [r"\ud800", r"\udc00", r"\ud800x", r"\ud800\n", r"\ud800\ud800", r"\ud800\u0041", r"\udc00\ud800"]
        {
            fails(format!("{{\"id\":1,\"a\":\"{bad}\"}}"), Code::NotJson, number(1));
            fails(format!("{{\"id\":1,\"{bad}\":2}}"), Code::NotJson, number(1));
        }
    }

    #[test]
    fn every_control_character_is_refused_raw_and_taken_escaped() {
        for control in 0..0x20_u8 {
            let raw = [b"{\"id\":7,\"a\":\"x".as_slice(), &[control], b"y\"}"].concat();
            fails(raw, Code::NotJson, number(7));
            passes(format!("{{\"id\":7,\"a\":\"x\\u{control:04x}y\"}}"));
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused_with_the_id_before_them() {
        for bad in [
            b"\xc0\xaf".as_slice(),
            b"\x80",
            b"\xed\xa0\x80",
            b"\xf5\x80\x80\x80",
            b"\xf0\x82\x82\xac",
            b"\xe2\x82",
            b"\xff",
        ] {
            fails([b"{\"id\":1,\"a\":\"", bad, b"\"}"].concat(), Code::NotUtf8, number(1));
            fails([b"{\"a\":\"", bad, b"\",\"id\":1}"].concat(), Code::NotUtf8, None);
            fails(bad, Code::NotUtf8, None);
        }
        fails(b"\xff\xfe{\0}\0", Code::NotUtf8, None);
        fails(b"{\0}\0", Code::NotJson, None);
    }

    #[test]
    fn sixty_four_levels_pass_and_one_more_does_not() {
        passes(nested("[", "]", 64));
        passes(nested("{\"a\":", "}", 64).replace(":}", ":0}"));
        for levels in [65, 127, 128, 1_000, 100_000] {
            fails(nested("[", "]", levels), Code::MessageTooDeep, number(1));
            fails(nested("[", "", levels), Code::MessageTooDeep, number(1));
            fails(nested("{\"a\":", "}", levels), Code::MessageTooDeep, number(1));
        }
        fails("[".repeat(100_000), Code::Batch, None);
    }

    #[test]
    fn a_message_holds_a_bounded_number_of_values() {
        // The message itself, its id and the list are values too.
        let most = limits::MESSAGE_VALUES_MAX - 3;
        for value in ["1", "[]", "{}", "\"\""] {
            let with = |count: usize| format!("{{\"id\":1,\"a\":[{}]}}", vec![value; count].join(","));
            passes(with(most));
            fails(with(most + 1), Code::MessageTooComplex, number(1));
        }
    }

    #[test]
    fn one_key_twice_in_one_object_is_refused_at_every_level_and_in_every_spelling() {
        for message in [
            r#"{"id":1,"a":1,"a":2}"#,
            r#"{"id":1,"params":{"name":"x","name":"y"}}"#,
            r#"{"id":1,"params":{"name":"x","\u006eame":"y"}}"#,
            r#"{"id":1,"params":{"n\u0061m\u0065":"x","\u006eame":"y"}}"#,
            r#"{"id":1,"params":{"arguments":{"x":[{"a":1},{"a":1,"b":2,"a":3}]}}}"#,
            r#"{"id":1,"params":{"_meta":{},"_meta":{}}}"#,
            r#"{"id":1,"":0,"":0}"#,
            r#"{"id":1,"\/":0,"/":0}"#,
            r#"{"id":1,"😀":0,"\ud83d\ude00":0}"#,
        ] {
            fails(message, Code::DuplicateKey, number(1));
        }
        passes(r#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}],"A":0,"a ":0}"#);
    }

    #[test]
    fn a_batch_is_refused_whole() {
        for message in [
            "[]",
            r#"[{"jsonrpc":"2.0","id":3,"method":"ping"}]"#,
            "[[]]",
            "[1,\"a\"]",
            r#"[{"a":1,"a":2}]"#,
            r#"[{"id":null}]"#,
        ] {
            fails(message, Code::Batch, None);
        }
        fails("[INFO] starting", Code::NotJson, None);
    }

    #[test]
    fn json_that_is_no_object_is_an_invalid_request() {
        for message in ["1", "-0", " 1e400 ", "null", "true", "\"text\""] {
            fails(message, Code::BadMessage, None);
            assert_eq!(check(message.as_bytes()).map_err(|fault| fault.kind.number()), Err(-32_600));
        }
    }

    #[test]
    fn an_id_is_a_short_string_or_an_integer_as_written() {
        let longest = "é".repeat(128);
        for id in [
            "0",
            "-1",
            "9007199254740993",
            "9223372036854775807",
            "-9223372036854775808",
            "\"\"",
            "\"1\"",
            r#""\u0061""#,
        ] {
            passes(format!("{{\"id\":{id}}}"));
        }
        passes(format!("{{\"id\":\"{longest}\"}}"));
        for id in [
            "1.0",
            "1.5",
            "1e2",
            "1E2",
            "-0",
            "0.0",
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551616",
            "null",
            "true",
            "{}",
            "{\"id\":1}",
            "[]",
            "[1]",
        ] {
            fails(format!("{{\"id\":{id},\"method\":\"x\"}}"), Code::BadId, None);
        }
        fails(format!("{{\"id\":\"{longest}x\"}}"), Code::BadId, None);
        fails(format!("{{\"id\":{}}}", "1".repeat(100_000)), Code::BadId, None);
        fails(r#"{"id":1,"id":2}"#, Code::DuplicateKey, None);
        fails(r#"{"id":1,"\u0069d":1}"#, Code::DuplicateKey, None);
        fails(r#"{"id":1,"a":"#, Code::NotJson, number(1));
        fails(r#"{"\u0069\u0064":"\u0061é\ud83d\ude00","a":"#, Code::NotJson, text("aé😀"));
    }

    #[test]
    fn an_id_is_given_only_if_all_of_it_was_read_at_the_top() {
        fails(r#"{"jsonrpc":"2.0","id":1,"method":"ping""#, Code::NotJson, number(1));
        fails(r#"{"jsonrpc":"2.0","id":1"#, Code::NotJson, None);
        fails(r#"{"jsonrpc":"2.0","id":"a"#, Code::NotJson, None);
        fails(r#"{"jsonrpc":"2.0","id"#, Code::NotJson, None);
        fails(r#"{"params":{"id":5},"x":"#, Code::NotJson, None);
        fails(r#"{"params":[{"id":5}],"idx":6,"i":7,"x":"#, Code::NotJson, None);
    }

    #[test]
    fn numbers_pass_whatever_their_length() {
        passes(format!("{{\"a\":{0},\"b\":-0.{0}e-{0},\"c\":1e400}}", "7".repeat(100_000)));
    }

    #[test]
    fn a_message_over_the_limit_keeps_its_id_wherever_it_stands() {
        let body = "x".repeat(limits::MESSAGE_BYTES_MAX);
        fails(format!("{{\"id\":7,\"a\":\"{body}\"}}"), Code::MessageTooLarge, number(7));
        fails(format!("{{\"a\":\"{body}\",\"id\":\"b\"}}"), Code::MessageTooLarge, text("b"));
        fails(format!("{{\"id\":1,\"a\":\"{body}\",\"id\":2}}"), Code::MessageTooLarge, None);
        fails(format!("{{\"id\":1.0,\"a\":\"{body}\"}}"), Code::MessageTooLarge, None);
        fails(format!("[{{\"id\":1,\"a\":\"{body}\"}}]"), Code::MessageTooLarge, None);
        fails(format!("{{\"id\":7,\"a\":\"{body}"), Code::MessageTooLarge, number(7));
        let exact = format!("{{\"a\":\"{}\"}}", "x".repeat(limits::MESSAGE_BYTES_MAX - 8));
        assert_eq!(exact.len(), limits::MESSAGE_BYTES_MAX);
        passes(exact);
    }

    #[test]
    fn the_words_of_a_fault_name_the_bounds() {
        assert_eq!(limits::MESSAGE_BYTES_MAX, 1 << 20);
        assert_eq!(limits::MESSAGE_DEPTH_MAX, 64);
        assert_eq!(limits::ID_BYTES_MAX, 256);
        let words = |code| MessageFault::new(code, None).to_string();
        assert!(words(Code::MessageTooLarge).contains("1 MiB"));
        assert!(words(Code::MessageTooDeep).contains("64"));
        assert!(words(Code::MessageTooComplex).contains("50,000"));
        assert!(words(Code::BadId).contains("256"));
    }

    #[test]
    fn costly_messages_are_cheap() {
        let many_keys: Vec<String> = (0..30_000).map(|at| format!("\"collides-{at:020}\":0,")).collect();
        let many_keys = many_keys.concat();
        let costly: [(&str, String); 7] = [
            ("10 M brackets", "[".repeat(10_000_000)),
            ("1 M empty objects", format!("{{\"a\":[{}{{}}],\"id\":3}}", "{},".repeat(1_000_000))),
            ("300,000 empty objects", format!("{{\"a\":[{}{{}}],\"id\":3}}", "{},".repeat(300_000))),
            ("100,000 digits", format!("{{\"a\":{}}}", "9".repeat(100_000))),
            ("1 M escapes", format!("{{\"a\":\"{}\",\"id\":3}}", r"\u0041".repeat(1_000_000))),
            ("30,000 keys", format!("{{{many_keys}\"id\":3}}")),
            ("30,000 escaped keys", format!("{{{}\"id\":3}}", many_keys.replace("col", r"\u0063ol"))),
        ];
        for (what, message) in costly {
            let begun = Instant::now();
            let _ = check(message.as_bytes());
            // Under a second even in a debug build, but the machine may be busy; a quadratic pass takes hours.
            assert!(begun.elapsed() < Duration::from_secs(20), "{what}: {:?}", begun.elapsed());
        }
    }

    /// What a client could send, as text, with room for ids and equal keys.
    fn message() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        let key = prop_oneof![Just("id".to_owned()), Just("a".to_owned()), any::<String>()];
        let value = leaf.prop_recursive(5, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((key.clone(), inner), 0..6).prop_map(Value::from_iter),
            ]
        });
        (any::<i64>(), value).prop_map(|(id, value)| json!({ "id": id, "params": value }).to_string())
    }

    proptest! {
        #[test]
        fn valid_messages_pass(message in message()) {
            passes(message);
        }

        #[test]
        fn what_passes_is_json_for_serde_too(message in message(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..4)) {
            let mut bytes = message.into_bytes();
            for (at, byte, how) in edits {
                let at = at.index(bytes.len());
                match how {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    2 => bytes[at] ^= 1 << (byte % 8),
                    _ if bytes.len() > 1 => { bytes.remove(at); }
                    _ => {}
                }
            }
            let gate = check(&bytes);
            let serde = serde_json::from_slice::<Value>(&bytes);
            match (&gate, &serde) {
                (Ok(()), Err(error)) => prop_assert!(error.to_string().contains("number out of range"), "{}", error),
                (Err(fault), Ok(_)) => prop_assert!(
                    matches!(fault.code, Code::DuplicateKey | Code::BadId | Code::Batch | Code::BadMessage), "{:?}", fault
                ),
                (Err(fault), Err(_)) if fault.code == Code::DuplicateKey => {}
                _ => {}
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&bytes);
            let _ = sought(&[&bytes]);
        }

        #[test]
        fn nor_do_bytes_that_look_like_json(text in r#"[\[\]{}:,"\\ud8c0id01eE.+ tn-]{0,60}"#) {
            let gate = check(text.as_bytes()).is_ok();
            prop_assert!(!gate || serde_json::from_str::<Value>(&text).map_or_else(|error| error.to_string().contains("range"), |_| true));
        }

        #[test]
        fn the_id_does_not_depend_on_where_the_bytes_are_split(
            message in message(), edit in any::<(prop::sample::Index, u8)>(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        ) {
            let mut bytes = message.into_bytes();
            let at = edit.0.index(bytes.len());
            bytes[at] = edit.1;
            let whole = sought(&[&bytes]);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            let parts: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            prop_assert_eq!(sought(&parts), whole.clone());
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(sought(&single), whole.clone());
            // Both see the same fault first, unless it is one that the seeker does not look for.
            match check(&bytes) {
                Err(fault) if !matches!(fault.code, Code::NotUtf8 | Code::DuplicateKey) => prop_assert_eq!(fault.id, whole),
                _ => {}
            }
        }
    }
}
