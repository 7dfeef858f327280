//! The rows of `tests/corpus/secrets.txt`, for unit tests.

use std::ops::Range;

/// A text with one secret in it.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    pub(crate) secret: Range<usize>,
}

impl Sample {
    pub(crate) fn secret(&self) -> &str {
        &self.text[self.secret.clone()]
    }
}

pub(crate) fn samples() -> Vec<Sample> {
    let rows =
        include_str!("../../../tests/corpus/secrets.txt").lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| {
        let (kind, text) = line.split_once('\t').expect("two columns");
        let text = serde_json::from_str::<String>(text).expect("a JSON string").replace('\u{241f}', "");
        let (before, rest) = text.split_once('«').expect("a beginning");
        let (secret, after) = rest.split_once('»').expect("an end");
        Sample {
            kind,
            text: format!("{before}{secret}{after}"),
            secret: before.len()..before.len() + secret.len(),
        }
    })
    .collect()
}
