//! Marks, and the way back from them, over the corpora.

use super::*;
use crate::{
    refusal::Code,
    sanitize::{
        corpus::rows,
        secret::{
            self,
            samples::{Sample, samples},
        },
        unicode::hidden_in_content,
    },
};

pub(super) const UNICODE: &str = include_str!("../../../tests/corpus/unicode.txt");

/// As it is shown, and what is counted.
pub(super) fn shown(marker: &Marker, text: &str) -> (String, Tally) {
    let (shown, tally) = marker.shown(text);
    (shown.into_owned(), tally)
}

fn seen(text: &str) -> (String, Tally) {
    shown(&Marker::default(), text)
}

fn secrets(kind: &'static str, count: usize) -> BTreeMap<&'static str, usize> {
    BTreeMap::from([(kind, count)])
}

/// The github token of the samples, and a mark of it.
fn token(marker: &Marker) -> (String, String) {
    let sample = samples().into_iter().find(|sample| sample.kind == "github_token").unwrap();
    let token = sample.secret().to_owned();
    let mark = shown(marker, &token).0;
    (token, mark)
}

/// The marks of secrets in `text`, as it is shown.
fn marks_in(marker: &Marker, text: &str) -> Vec<String> {
    let marks = marker.marks(text.as_bytes());
    let secrets = marks.made().iter().filter(|mark| matches!(mark.what, What::Secret { .. }));
    secrets.map(|mark| mark.what.to_string()).collect()
}

/// Where `old` stands as the reader sees it.
fn places(view: &View<'_>, old: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let found = memchr::memmem::find_iter(view.shown(), old.as_bytes()).map(|at| at..at + old.len());
    found.filter_map(|place| view.behind(&place).map(|behind| (place, behind))).collect()
}

/// A text of which `old` becomes `new`, as a tool would do it.
fn edited(text: &str, old: &str, new: &str) -> Result<String, Code> {
    edited_by(&Marker::default(), text, old, new)
}

fn edited_by(marker: &Marker, text: &str, old: &str, new: &str) -> Result<String, Code> {
    let view = View::of(text.as_bytes(), &marker.marks(text.as_bytes()));
    let edits: Vec<_> =
        places(&view, old).into_iter().map(|(_, place)| (place, new.as_bytes().to_vec())).collect();
    if edits.is_empty() {
        return Err(Code::TextNotFound);
    }
    let (bytes, marks) = view.edited(edits, marker, 1 << 20).map_err(|refusal| refusal.code())?;
    assert_eq!(marks, marker.marks(&bytes));
    Ok(String::from_utf8(bytes).unwrap())
}

#[test]
fn a_secret_reads_as_its_kind_and_an_id() {
    let marker = Marker::default();
    let (token, mark) = token(&marker);
    assert_eq!(mark.len(), "[REDACTED:github_token:01234567]".len());
    assert!(mark.starts_with("[REDACTED:github_token:"), "{mark}");
    let (text, tally) = shown(&marker, &format!("a {token} b {token}"));
    let marks: Vec<_> = text.split(' ').filter(|word| word.starts_with('[')).collect();
    assert_eq!(text, format!("a {} b {}", marks[0], marks[1]), "{mark}");
    assert_ne!(marks[0], marks[1], "where it stands tells them apart");
    assert_eq!(tally.secrets, secrets("github_token", 2));
    assert_ne!(seen(&token).0, mark, "and with another key another");
    let other = token.replace(&token[10..14], "AbC1");
    assert_eq!(shown(&marker, &other).0, mark, "what it is has no say");
}

#[test]
fn the_samples_are_withheld_and_everything_around_them_is_not() {
    for Sample { kind, text, secret } in samples() {
        let (shown, tally) = seen(&text);
        let (before, after) = (&text[..secret.start], &text[secret.end..]);
        let mark = shown.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).expect(&text);
        assert!(mark.starts_with(&format!("[REDACTED:{kind}:")), "{mark}");
        assert_eq!(tally.secrets, secrets(kind, 1));
    }
}

#[test]
fn hidden_characters_are_marked_as_the_corpus_says() {
    for expect in ["strip", "escape"] {
        for (class, row) in rows(UNICODE, expect) {
            let (shown, tally) = seen(&row);
            // some rows of that class have line ends and nothing else
            let is_forged = class == "line_forging" && hidden_in_content(&row).next().is_none();
            assert_eq!(shown.contains("[HIDDEN:U+"), !is_forged, "{}", row.escape_unicode());
            assert_eq!(tally.hidden > 0, !is_forged);
            assert_eq!(hidden_in_content(&shown).next(), None, "{}", row.escape_unicode());
        }
    }
    for (_, row) in ["keep", "flag"].into_iter().flat_map(|expect| rows(UNICODE, expect)) {
        assert_eq!(seen(&row), (row.clone(), Tally::default()), "{}", row.escape_unicode());
    }
}

#[test]
fn a_run_of_one_character_is_one_mark() {
    for (text, wanted, hidden) in [
        ("a\u{202e}b", "a[HIDDEN:U+202E]b", 1),
        ("\u{202e}\u{202e}\u{2066}", "[HIDDEN:U+202E×2][HIDDEN:U+2066]", 3),
        ("\u{feff}a\u{feff}", "[HIDDEN:U+FEFF]a[HIDDEN:U+FEFF]", 2),
        ("\u{1b}[2J\u{c}\r\n\t\0", "[HIDDEN:U+001B][2J[HIDDEN:U+000C]\r\n\t[HIDDEN:U+0000]", 3),
        ("\u{e0041}\u{e0042}", "[HIDDEN:U+E0041][HIDDEN:U+E0042]", 2),
        ("שלום\u{200f} a\u{200e}", "שלום\u{200f} a\u{200e}", 0),
    ] {
        let (shown, tally) = seen(text);
        assert_eq!((shown.as_str(), tally.hidden), (wanted, hidden));
    }
}

#[test]
fn bytes_that_are_no_text_stay_between_marks() {
    let text = b"\xff\xe2\x80\xae\xe2\x80\xae\xfea";
    let view = View::of(text, &Marker::default().marks(text));
    let wanted = [b"\xff".as_slice(), "[HIDDEN:U+202E×2]".as_bytes(), b"\xfea"].concat();
    assert_eq!(view.shown(), wanted);
}

#[test]
fn the_owner_chooses_what_is_done() {
    let (token, _) = token(&Marker::default());
    let text = format!("{token}\u{202e}");
    let wanted = format!("{token}[HIDDEN:U+202E]");
    let (warned, tally) = shown(&Marker::new(Mode::Warn), &text);
    assert_eq!((&warned, tally.hidden), (&wanted, 1));
    assert_eq!((tally.secrets, tally.shown), (BTreeMap::new(), secrets("github_token", 1)));
    let (off, tally) = shown(&Marker::new(Mode::Off), &text);
    assert_eq!((off, tally), (wanted, Tally { hidden: 1, ..Tally::default() }));
    for mode in [Mode::Warn, Mode::Off] {
        let marker = Marker::new(mode);
        assert_eq!(edited_by(&marker, &text, &token, "x").as_deref(), Ok("x\u{202e}"));
        assert_eq!(edited_by(&marker, &text, &token, "[REDACTED:jwt:0123abcd]"), Err(Code::WithheldText));
    }
}

#[test]
fn a_part_that_begins_or_ends_in_a_secret_shows_nothing_of_it() {
    let marker = Marker::default();
    for sample in samples() {
        let text = format!("{}\n{}after", "before ".repeat(20), sample.text);
        let marks = marker.marks(text.as_bytes());
        let [mark] = marks.made() else { panic!("{text}") };
        let (secret, mark) = (mark.range.clone(), mark.what.to_string());
        for cut in secret.clone().filter(|cut| text.is_char_boundary(*cut)) {
            let whole = if cut == secret.start { "" } else { mark.as_str() };
            assert_eq!(marks.shown(&text, 0..cut), format!("{}{whole}", &text[..secret.start]));
            assert_eq!(marks.shown(&text, cut..text.len()), format!("{mark}{}", &text[secret.end..]));
        }
    }
}

#[test]
fn what_fits_is_never_cut_in_a_mark() {
    let marker = Marker::default();
    let (token, mark) = token(&marker);
    let text = format!("é {token}\u{202e}\u{202e} é");
    let (marks, whole) = (marker.marks(text.as_bytes()), 0..text.len());
    for room in 0..120 {
        let (end, start) =
            (marks.fit(&text, whole.clone(), room), marks.fit_last(&text, whole.clone(), room));
        assert!(marks.shown(&text, 0..end).len() <= room, "{room}");
        assert!(marks.shown(&text, start..text.len()).len() <= room, "{room}");
        assert_eq!((marks.end_of_hidden(end), marks.end_of_hidden(start)), (None, None));
    }
    assert_eq!(marks.fit(&text, whole.clone(), 120), text.len());
    let from = text.find(&token).unwrap() + 3;
    assert_eq!(marks.fit(&text, from..text.len(), 1), from + token.len() - 3, "one mark always goes on");
    assert_eq!(marks.shown_bytes(0..text.len() - 3), "é ".len() + mark.len() + "[HIDDEN:U+202E×2]".len());
}

#[test]
fn bytes_that_cannot_be_marked_are_looked_through() {
    let marker = Marker::default();
    let (token, _) = token(&marker);
    let wide: Vec<u8> = format!("key {token}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [[b"\xff\xfe ", token.as_bytes(), b"\xff"].concat(), wide] {
        assert_eq!(marker.secrets(&bytes).secrets, secrets("github_token", 1));
        assert_eq!(Marker::new(Mode::Warn).secrets(&bytes).shown, secrets("github_token", 1));
        assert!(Marker::new(Mode::Off).secrets(&bytes).is_empty());
    }
}

#[test]
fn a_mark_in_what_is_replaced_matches_what_it_hides() {
    let marker = Marker::default();
    let (token, _) = token(&marker);
    let text = format!("a = {token}\nb = {token}\nc = \u{202e}x\n");
    let marks = marks_in(&marker, &text);
    let [one, two] = &marks[..] else { panic!("{marks:?}") };
    let edited = |old: &str, new: &str| edited_by(&marker, &text, old, new);
    let wanted = format!("A = {token}\nb = {token}\nc = \u{202e}x\n");
    assert_eq!(edited(&format!("a = {one}"), &format!("A = {one}")), Ok(wanted));
    assert_eq!(edited(&format!("a = {one}\n"), ""), Ok(format!("b = {token}\nc = \u{202e}x\n")));
    assert_eq!(edited("[HIDDEN:U+202E]x", "y"), Ok(format!("a = {token}\nb = {token}\nc = y\n")));
    let twice = format!("{one}\nb = {two}\nd = {two}");
    let wanted = format!("a = {token}\nb = {token}\nd = {token}\nc = \u{202e}x\n");
    assert_eq!(edited(&format!("{one}\nb = {two}"), &twice), Ok(wanted));
    let moved = format!("c = [HIDDEN:U+202E]x {one}");
    assert_eq!(
        edited("c = [HIDDEN:U+202E]x", &moved).unwrap(),
        format!("a = {token}\nb = {token}\nc = \u{202e}x {token}\n")
    );
}

#[test]
fn a_secret_cannot_be_guessed_at_piece_by_piece() {
    let marker = Marker::default();
    let (token, mark) = token(&marker);
    let text = format!("a = {token}\n");
    for old in
        [&token, &token[..6], &token[8..], &mark[3..], &mark[..12], &format!("= {}", &token[..5]), "REDACTED"]
    {
        assert_eq!(edited_by(&marker, &text, old, "x"), Err(Code::TextNotFound), "{old}");
    }
}

#[test]
fn a_mark_that_stands_for_nothing_is_refused() {
    for new in ["[REDACTED:github_token:00000000]", "[HIDDEN:U+202E]", "[REDACTED:github_token]"] {
        assert_eq!(edited("a = 1\n", "a", new), Err(Code::WithheldText), "{new}");
    }
    assert_eq!(
        edited("a = \u{202e}\u{202e}\n", "a", "[HIDDEN:U+202E]"),
        Err(Code::WithheldText),
        "there is none of one"
    );
}

#[test]
fn no_secret_hides_in_what_reads_like_a_mark() {
    let (token, mark) = token(&Marker::default());
    for text in [
        format!("[REDACTED:{token}:0123abcd]"),
        format!("[REDACTED:jwt:{token}]"),
        format!("[REDACTED:github_token:0123abcd {token}]"),
        format!("https://x:{mark}{token}@host.dev/"),
    ] {
        let seen = seen(&text).0;
        assert!(!seen.contains(&token), "{seen}");
    }
}

#[test]
fn what_only_looks_like_a_mark_stays_what_it_is() {
    let marker = Marker::default();
    let (token, any) = token(&marker);
    let text_with = |mark: &str| {
        format!("See {mark} and [HIDDEN:U+202E].\nMore words than tell secrets apart.\na = {token}\u{202e}\n")
    };
    let mark = &marks_in(&marker, &text_with(&any))[0];
    let text = text_with(mark);
    let edit = |old: &str, new: &str| edited_by(&marker, &text, old, new);
    let wanted = text.replacen("See", "Look at", 1);
    assert_eq!(edit(&format!("See {mark} and"), &format!("Look at {mark} and")), Ok(wanted));
    let wanted = text.replacen("a =", "b =", 1);
    assert_eq!(edit(&format!("a = {mark}"), &format!("b = {mark}")), Ok(wanted));
    // both in one text: what begins and ends alike is the same
    let seen = shown(&marker, &text).0;
    assert_eq!(edit(&seen, &seen.replace("and", "or")), Ok(text.replace("and", "or")));
    let only = "only [HIDDEN:U+00AD] here";
    assert_eq!(
        edited(only, "here", "[HIDDEN:U+00AD]").as_deref(),
        Ok("only [HIDDEN:U+00AD] [HIDDEN:U+00AD]")
    );
}

#[test]
fn an_edit_that_would_show_what_a_mark_hides_is_refused() {
    let marker = Marker::default();
    // one that must stand where a word begins
    let is_withheld = |text: String| !secret::find(text.as_bytes()).is_empty();
    let samples = samples();
    let mut tokens = samples.iter().map(Sample::secret);
    let token = tokens
        .find(|token| {
            let before = |before: &str| is_withheld(format!("here: {before}{token}\n"));
            before("") && !before("x") && !before("_")
        })
        .unwrap();
    let text = format!("here: {token}\n");
    let mark = &marks_in(&marker, &text)[0];
    for (old, new) in [
        ("here: ".to_owned(), "here: x".to_owned()),
        (format!(": {mark}"), format!(": x{mark}")),
        (": ".to_owned(), ": _".to_owned()),
    ] {
        assert_eq!(edited_by(&marker, &text, &old, &new), Err(Code::WithheldText), "{old} {new}");
    }
    assert!(edited_by(&marker, &text, "here: ", "there: ").is_ok());
    let address = samples.iter().find(|sample| sample.kind == "url_password").unwrap().text.clone();
    assert_eq!(edited("x".repeat(9).as_str(), "xxx", "y").as_deref(), Ok("yyy"));
    assert_eq!(edited(&address, "://", " "), Err(Code::WithheldText));
    assert!(edited(&address, "postgres", "postgresql").is_ok());
}
