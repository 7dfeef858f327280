//! Whose trace a call belongs to.
//!
//! A [`TraceContext`] comes only from a `traceparent` that is one: W3C Trace
//! Context, both levels. It proves its shape and nothing else; whoever calls
//! may claim any trace, so it is for the log and never for a decision. What
//! is no `traceparent` is ignored, as the recommendation has it, and so is
//! `tracestate`: nothing here goes on to another server.

use std::fmt;

use data_encoding::HEXLOWER;

/// A trace, and the span in it that made the call.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct TraceContext {
    trace: [u8; 16],
    span: [u8; 8],
    flags: u8,
}

/// `00-` 32 digits `-` 16 digits `-` 2 digits.
const BYTES: usize = 55;
/// Sampled, and random trace id: what the recommendation defines so far.
const KNOWN_FLAGS: u8 = 0b11;

impl TraceContext {
    /// Reads a `traceparent` (W3C Trace Context, 3.2). Of a version that is
    /// not known yet, what every version begins with.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (known, rest) = text.as_bytes().split_at_checked(BYTES)?;
        let mut parts = known.split(|byte| *byte == b'-');
        let mut part = || parts.next();
        let (version, trace, span, flags) = (part()?, part()?, part()?, part()?);
        let [version] = hex::<1>(version)?;
        let is_whole = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.is_empty() || rest.starts_with(b"-"),
        };
        let (trace, span, [flags]) = (hex::<16>(trace)?, hex::<8>(span)?, hex::<1>(flags)?);
        let is_zero = trace == [0; 16] || span == [0; 8];
        (is_whole && part().is_none() && !is_zero).then_some(Self { trace, span, flags: flags & KNOWN_FLAGS })
    }

    /// The trace.
    #[must_use]
    pub const fn trace_id(&self) -> [u8; 16] {
        self.trace
    }

    /// The span that made the call.
    #[must_use]
    pub const fn span_id(&self) -> [u8; 8] {
        self.span
    }

    /// The flags that are known: 1 is sampled, 2 a random trace id.
    #[must_use]
    pub const fn flags(&self) -> u8 {
        self.flags
    }
}

/// As version 00 writes it.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-", u128::from_be_bytes(self.trace))?;
        write!(f, "{:016x}-{:02x}", u64::from_be_bytes(self.span), self.flags)
    }
}

/// Exactly `N` bytes in lower-case digits.
fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    HEXLOWER.decode(digits).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_read_and_written_as_it_was() {
        let context = TraceContext::parse(GOOD).unwrap();
        assert_eq!(context.to_string(), GOOD);
        assert_eq!((context.trace_id()[0], context.span_id()[1], context.flags()), (0x4b, 0xf0, 1));
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let shown = |text: &str| TraceContext::parse(text).map(|context| context.to_string());
        let known = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
        assert_eq!(shown(&format!("cc-{known}-ff")), Some(format!("00-{known}-03")));
        assert_eq!(shown(&format!("cc-{known}-01-what-comes")), Some(GOOD.to_owned()));
        assert_eq!(shown(&format!("cc-{known}-01.what")), None);
    }

    #[test]
    fn what_is_no_traceparent_is_none() {
        let zeros = ("0".repeat(32), "0".repeat(16));
        for bad in [
            String::new(),
            "00".into(),
            GOOD.to_uppercase(),
            GOOD.replacen("00", "ff", 1),
            GOOD.replacen("00", "0g", 1),
            GOOD.replace('-', "_"),
            format!(" {GOOD}"),
            format!("{GOOD} "),
            format!("{GOOD}-"),
            format!("{GOOD}-00"),
            format!("{GOOD},{GOOD}"),
            GOOD[..54].into(),
            format!("00-{}-00f067aa0ba902b7-01", zeros.0),
            format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", zeros.1),
            "00-4bf92f3577b34da6a3ce929d0e0e47360-0f067aa0ba902b7-01".into(),
            "00-4bf92f3577b34da6a3ce929d0e0e473\u{e9}-0f067aa0ba902b7-01".into(),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-\n1".into(),
        ] {
            assert_eq!(TraceContext::parse(&bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_so_that_it_reads_the_same(text in "[0-9a-g-]{50,60}|\\PC*") {
            if let Some(context) = TraceContext::parse(&text) {
                prop_assert_eq!(TraceContext::parse(&context.to_string()), Some(context));
            }
        }

        #[test]
        fn every_traceparent_is_read(trace in 1_u128.., span in 1_u64.., flags in 0_u8..4) {
            let text = format!("00-{trace:032x}-{span:016x}-{flags:02x}");
            prop_assert_eq!(TraceContext::parse(&text).map(|read| read.to_string()), Some(text));
        }
    }
}
