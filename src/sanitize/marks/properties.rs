//! What holds of marks in any text.

use proptest::prelude::*;

use super::{
    tests::{UNICODE, shown},
    *,
};
use crate::{
    limits,
    sanitize::{corpus::rows, secret::samples::samples},
};

/// Texts with everything in them that is withheld, and much that is not.
fn texts() -> impl Strategy<Value = String> {
    let samples: Vec<_> = samples().into_iter().map(|sample| sample.text).collect();
    let rows: Vec<_> = ["strip", "escape", "keep", "flag"]
        .into_iter()
        .flat_map(|expect| rows(UNICODE, expect))
        .map(|(_, row)| row)
        .collect();
    let like = [
        "[REDACTED:jwt:0123abcd]",
        "[HIDDEN:U+202E]",
        "[HIDDEN:U+200B×3]",
        "\u{202e}",
        "\u{200b}\u{200b}\u{200b}",
    ];
    let part = prop_oneof![
        prop::sample::select(samples),
        prop::sample::select(rows),
        prop::sample::select(like.to_vec()).prop_map(str::to_owned),
        "[a-z]{1,8}",
        "[ -~]{0,12}",
        Just("\r\n".to_owned()),
    ];
    prop::collection::vec(part, 1..8).prop_map(|parts| parts.join(" word "))
}

proptest! {
    #[test]
    fn a_mark_is_never_marked_again(text in prop_oneof![texts(), any::<String>()]) {
        let marker = Marker::default();
        let once = shown(&marker, &text).0;
        prop_assert_eq!(shown(&marker, &once), (once, Tally::default()));
    }

    #[test]
    fn read_change_one_word_write_back_and_every_other_byte_is_the_same(
        text in texts(), nth in 0_usize..16, whole in any::<bool>(),
    ) {
        let marker = Marker::default();
        let view = View::of(text.as_bytes(), &marker.marks(text.as_bytes()));
        let seen = str::from_utf8(view.shown()).unwrap();
        let words: Vec<_> = seen.match_indices(" word ").map(|(at, _)| at + 1).collect();
        prop_assume!(!words.is_empty());
        let nth = nth % words.len();
        let at = words[nth];
        let changed = format!("{}other{}", &seen[..at], &seen[at + 4..]);
        let there = text.match_indices(" word ").nth(nth).unwrap().0 + 1;
        let wanted = format!("{}other{}", &text[..there], &text[there + 4..]);
        let (from, to) = if whole {
            (0, seen.len())
        } else {
            // the line of it and those beside
            let from = seen[..at].rmatch_indices('\n').nth(1).map_or(0, |(at, _)| at + 1);
            (from, seen[at..].match_indices('\n').nth(1).map_or(seen.len(), |(end, _)| at + end))
        };
        let behind = view.behind(&(from..to)).unwrap();
        let edit = (behind, changed.as_bytes()[from..=to].to_vec());
        let done = view.edited([edit], &marker, 1 << 20);
        prop_assert_eq!(done.map(|(bytes, _)| String::from_utf8(bytes).unwrap()), Ok(wanted));
    }

    #[test]
    fn what_is_shown_and_taken_back_is_what_it_was(text in prop_oneof![texts(), any::<String>()]) {
        let marker = Marker::default();
        let view = View::of(text.as_bytes(), &marker.marks(text.as_bytes()));
        prop_assert_eq!(view.behind(&(0..view.shown().len())), Some(0..text.len()));
        let done = view.edited([(0..text.len(), view.shown().to_vec())], &marker, 1 << 20);
        prop_assert_eq!(done.map(|(bytes, _)| bytes), Ok(text.into_bytes()));
    }

    #[test]
    fn a_part_shows_what_the_whole_shows(text in texts(), from in 0_usize..5_000, to in 0_usize..5_000) {
        let marker = Marker::default();
        let whole = marker.marks(text.as_bytes());
        let place = |at: usize| text.floor_char_boundary(at % (text.len() + 1));
        let (from, to) = (place(from).min(place(to)), place(from).max(place(to)));
        let start = text.floor_char_boundary(from.saturating_sub(limits::SECRET_REACH_BYTES));
        let part = marker.marks(&text.as_bytes()[start..]);
        let (moved, range) = (from - start..to - start, from..to);
        prop_assert_eq!(whole.tally(&range), part.tally(&moved));
        prop_assert_eq!(whole.shown(&text, range), part.shown(&text[start..], moved));
    }

    #[test]
    fn marks_made_again_near_a_change_are_those_of_the_whole(
        parts in prop::collection::vec((texts(), 0_usize..90_000), 1..5),
        nth in 0_usize..4, at in 0_usize..5_000, length in 0_usize..60, new in texts(),
    ) {
        let (mut text, mut starts) = (String::new(), Vec::new());
        for (part, filler) in &parts {
            starts.push((text.len(), part.len()));
            text.push_str(part);
            text.push('\n');
            text.push_str(&"some words\n".repeat(filler / 11));
        }
        let (start, bytes) = starts[nth % starts.len()];
        let start = text.floor_char_boundary(start + at % (bytes + 1));
        let end = text.ceil_char_boundary((start + length).min(text.len()));
        let (marker, changed) = (Marker::default(), [&text[..start], &*new, &text[end..]].concat());
        let before = marker.marks(text.as_bytes());
        let again =
            marker.marks_again(changed.as_bytes(), &before, &(start..end), &(start..start + new.len()));
        prop_assert_eq!(again, marker.marks(changed.as_bytes()));
    }

    #[test]
    fn marks_stand_in_order_and_between_characters(text in prop_oneof![texts(), any::<String>()]) {
        let mut at = 0;
        for mark in Marker::default().marks(text.as_bytes()).made() {
            prop_assert!(mark.range.start >= at && mark.range.start < mark.range.end);
            prop_assert!(text.get(mark.range.clone()).is_some());
            prop_assert!(mark.what.to_string().len() <= limits::MARK_BYTES_MAX);
            at = mark.range.end;
        }
    }
}
