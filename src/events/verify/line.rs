//! Where a line stands in its chain, taken from its end.
//!
//! The writer puts `"run"`, `"seq"`, `"duration_us"` and `"prev"` last, behind
//! everything that a client sent, so reading them from the end cannot be led
//! astray, and costs next to nothing against the digest of the line.

use serde::Deserialize;

use crate::events::{
    chain::Digest,
    record::{Record, Unread},
};

/// The place of one line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Placed<'a> {
    pub(super) run: &'a [u8],
    pub(super) seq: u64,
    pub(super) prev: Digest,
}

impl<'a> Placed<'a> {
    /// Reads the place of a line that has the writer's form.
    pub(super) fn read(line: &'a [u8]) -> Option<Self> {
        if !line.starts_with(b"{\"v\":1,") {
            return None;
        }
        let rest = line.strip_suffix(b"\"}")?;
        let (rest, prev) = rest.split_at_checked(rest.len().checked_sub(64)?)?;
        let prev = Digest::parse(prev)?;
        let mut rest = rest.strip_suffix(b",\"prev\":\"")?;
        let (mut value, mut before) = number(rest)?;
        if let Some(shorter) = before.strip_suffix(b",\"duration_us\":") {
            rest = shorter;
            (value, before) = number(rest)?;
        }
        let rest = before.strip_suffix(b",\"seq\":")?.strip_suffix(b"\"")?;
        let quote = rest.iter().rposition(|byte| *byte == b'"')?;
        let (rest, run) = rest.split_at_checked(quote + 1)?;
        rest.ends_with(b",\"run\":\"").then_some(Self { run, seq: value, prev })
    }
}

/// The digits at the end, as the number that we would write, and what stands before them.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, digits) = text.split_at_checked(text.len() - digits)?;
    let is_plain = digits == b"0" || !digits.starts_with(b"0");
    let value = std::str::from_utf8(digits).ok()?.parse().ok()?;
    is_plain.then_some((value, before))
}

/// What a line says about files: its own run's start, or how another file ended.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
pub(super) struct Said {
    pub(super) chain: Option<String>,
    pub(super) file: Option<String>,
    pub(super) last_seq: Option<u64>,
    pub(super) last_digest: Option<String>,
    /// When that file was written to last.
    pub(super) modified: Option<String>,
    /// Nothing of its run was left then.
    pub(super) last_of_run: Option<bool>,
    /// Several files at once.
    #[serde(default)]
    pub(super) runs: Vec<Said>,
}

/// Which event a line says it is. Not proven; the chain does that.
pub(super) fn event(line: &[u8]) -> Option<&[u8]> {
    const KEY: &[u8] = b"\",\"event\":\"";
    let head = line.get(..line.len().min(96))?;
    let at = head.windows(KEY.len()).position(|window| window == KEY)? + KEY.len();
    let rest = head.get(at..)?;
    rest.get(..rest.iter().position(|byte| *byte == b'"')?)
}

/// The details that matter here.
pub(super) fn said(line: &[u8]) -> Option<Said> {
    #[derive(Deserialize)]
    struct Event {
        details: Said,
    }
    serde_json::from_slice::<Event>(line).ok().map(|event| event.details)
}

/// What a line is that has no place.
pub(super) fn why_not(line: &[u8]) -> Unread {
    Record::parse(line).err().unwrap_or(Unread::NotAnEvent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_from_the_end_whatever_stands_before_it() {
        let prev = "9c1f".repeat(16);
        let forged = r#"\",\"run\":\"ffff\",\"seq\":9"#;
        for took in ["", ",\"duration_us\":212"] {
            let line = format!(
                "{{\"v\":1,\"timestamp\":\"2026-11-22T13:02:19.113Z\",\"event\":\"tool_denied\",\"tool\":\"{forged}\",\
                 \"run\":\"51c0\",\"seq\":41{took},\"prev\":\"{prev}\"}}"
            );
            let placed = Placed::read(line.as_bytes()).unwrap();
            assert_eq!((placed.run, placed.seq), (&b"51c0"[..], 41));
            assert_eq!(placed.prev.to_string(), prev);
            assert_eq!(event(line.as_bytes()), Some(&b"tool_denied"[..]));
            for bad in [line.replace(":41", ":041"), line.replace("9c1f\"}", "9C1f\"}"), format!("{line} ")] {
                assert_eq!(Placed::read(bad.as_bytes()), None, "{bad}");
            }
        }
    }
}
