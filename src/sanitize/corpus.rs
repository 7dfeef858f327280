//! The rows of `tests/corpus`, for unit tests.

/// Column 3 of the rows of a corpus file whose first column is `expect`.
pub(crate) fn rows<'a>(corpus: &'a str, expect: &'a str) -> impl Iterator<Item = (&'a str, String)> {
    corpus.lines().filter(|line| !line.starts_with('#')).filter_map(move |line| {
        let mut columns = line.split('\t');
        let is_wanted = columns.next() == Some(expect);
        let class = columns.next().expect("a class");
        let text = serde_json::from_str(columns.next().expect("a text")).expect("a JSON string");
        is_wanted.then_some((class, text))
    })
}
