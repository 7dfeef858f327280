//! From bytes to lines.
//!
//! A message ends with LF, CR or both, or with the input. Lines of white space
//! are nothing. A line that is longer than a message may be is skipped in
//! constant memory, and only its id is kept. One byte order mark is taken off
//! the very start, because some shells put it into every pipe.

use std::collections::VecDeque;

use crate::{
    limits,
    sanitize::json::{IdSeeker, MessageFault},
};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One line of input.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Frame {
    /// As it came, without its end.
    Line(Vec<u8>),
    /// Longer than [`limits::MESSAGE_BYTES_MAX`]: gone, but for this.
    Oversize(MessageFault),
}

/// Cuts bytes into lines, however they are split.
#[derive(Debug, Default)]
pub(super) struct Lines {
    line: Vec<u8>,
    skipping: Option<IdSeeker>,
    has_begun: bool,
    frames: VecDeque<Frame>,
}

impl Lines {
    /// Takes the next bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| is_end(*byte)) {
            match piece.split_last() {
                Some((last, text)) if is_end(*last) => {
                    self.extend(text);
                    self.end();
                }
                _ => self.extend(piece),
            }
        }
    }

    /// The line ends here; also called when the input does.
    pub(super) fn end(&mut self) {
        if let Some(seeker) = self.skipping.take() {
            self.frames.push_back(Frame::Oversize(MessageFault::too_large(seeker.finish())));
            return;
        }
        let line = std::mem::take(&mut self.line);
        self.has_begun = true;
        if !line.trim_ascii().is_empty() {
            self.frames.push_back(Frame::Line(line));
        }
    }

    /// The next line that is complete.
    pub(super) fn next(&mut self) -> Option<Frame> {
        self.frames.pop_front()
    }

    fn extend(&mut self, text: &[u8]) {
        let text = if self.has_begun { text } else { self.begin(text) };
        if let Some(seeker) = &mut self.skipping {
            seeker.feed(text);
        } else if self.line.len() + text.len() <= limits::MESSAGE_BYTES_MAX {
            self.line.extend_from_slice(text);
        } else {
            let mut seeker = IdSeeker::default();
            seeker.feed(&std::mem::take(&mut self.line));
            seeker.feed(text);
            self.skipping = Some(seeker);
        }
    }

    /// Keeps as many bytes as it takes to know whether the input begins with a
    /// mark. Returns the rest.
    fn begin<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let wanted = BYTE_ORDER_MARK.len().saturating_sub(self.line.len());
        let (head, rest) = text.split_at_checked(wanted).unwrap_or((text, &[]));
        self.line.extend_from_slice(head);
        if self.line.len() >= BYTE_ORDER_MARK.len() {
            self.has_begun = true;
            if self.line == BYTE_ORDER_MARK {
                self.line.clear();
            }
        }
        rest
    }
}

const fn is_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<Frame> {
        let mut lines = Lines::default();
        for chunk in chunks {
            lines.push(chunk);
        }
        lines.end();
        std::iter::from_fn(|| lines.next()).collect()
    }

    fn line(text: &[u8]) -> Frame {
        Frame::Line(text.to_vec())
    }

    #[test]
    fn every_line_ending_ends_a_line_and_blank_lines_are_nothing() {
        let all = lines(&[b"a\nb\r\nc\rd\n\n \t\n\r\n e "]);
        assert_eq!(all, [line(b"a"), line(b"b"), line(b"c"), line(b"d"), line(b" e ")]);
    }

    #[test]
    fn one_byte_order_mark_is_taken_off_the_very_start() {
        assert_eq!(lines(&[b"\xEF\xBB\xBF{}\n\xEF\xBB\xBF{}"]), [line(b"{}"), line(b"\xEF\xBB\xBF{}")]);
        assert_eq!(lines(&[b"\xEF", b"\xBB", b"\xBF{}"]), [line(b"{}")]);
        assert_eq!(lines(&[b"\xEF\xBB\xBF\n{}"]), [line(b"{}")]);
    }

    #[test]
    fn a_line_of_exactly_the_bound_passes_and_one_byte_more_does_not() {
        let most = vec![b'x'; limits::MESSAGE_BYTES_MAX];
        assert_eq!(lines(&[&most]), [line(&most)]);
        let more = vec![b'x'; limits::MESSAGE_BYTES_MAX + 1];
        assert!(matches!(lines(&[&more, b"\nafter"]).as_slice(), [Frame::Oversize(_), Frame::Line(_)]));
    }

    #[test]
    fn an_oversize_line_costs_no_memory_and_keeps_its_id() {
        let mut all = Lines::default();
        all.push(br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"x":""#);
        let piece = vec![b'x'; 64 << 10];
        for _ in 0..1_000 {
            all.push(&piece);
            assert!(all.line.capacity() <= 2 * limits::MESSAGE_BYTES_MAX);
        }
        all.push(b"\"}}\n{}\n");
        let Some(Frame::Oversize(fault)) = all.next() else { panic!("not skipped") };
        assert_eq!(fault.id, Some(crate::sanitize::json::MessageId::Number(7)));
        assert_eq!(all.next(), Some(line(b"{}")));
    }

    proptest! {
        #[test]
        fn splitting_changes_nothing(
            text in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(0xEF), any::<u8>()], 0..200),
            cuts in proptest::collection::vec(0_usize..200, 0..8),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= text.len()).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|two| &text[two[0]..two[1]]).collect();
            prop_assert_eq!(lines(&pieces), lines(&[&text]));
        }
    }
}
