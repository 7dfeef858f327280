//! What the file says, taken apart by the table of keys.
//!
//! Everything that is no TOML, or that the table does not know, is a problem
//! with its line and column; nothing is skipped in silence.

use std::{borrow::Cow, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    file::Source,
    problem::{Mark, Origin, Problem},
    roots, secrets, table,
    values::Given,
};

/// One value of a file, on its way to its key.
#[derive(Debug)]
pub(super) struct Entry {
    pub key: &'static table::Key,
    /// The owner's name in the path.
    pub name: String,
    pub given: Given,
    pub origin: Origin,
    pub value: Range<usize>,
    /// Where each element of a list stands.
    pub elements: Vec<Range<usize>>,
}

/// Takes a file apart. What is unknown or no TOML is a problem.
pub(super) fn entries(source: &Source) -> (Vec<Entry>, Vec<Problem>) {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let mut walk = Walk { source, entries: Vec::new(), problems: Vec::new() };
    if errors.is_empty() {
        for (key, value) in in_order(table.get_ref()) {
            walk.section(key, value);
        }
    }
    for error in errors {
        let span = error.span().unwrap_or_default();
        let mark = Mark::new(&source.text, &span);
        // One mistake often breaks several rules at once; the first says it.
        if walk.problems.iter().any(|earlier| earlier.mark.as_ref().is_some_and(|m| m.line == mark.line)) {
            continue;
        }
        let says = error.message().lines().next().unwrap_or("is no TOML").to_owned();
        let problem = Problem { origin: Some(source.origin(mark.line)), ..Problem::new(says) };
        walk.problems.push(problem.at(Some(mark)));
    }
    (walk.entries, walk.problems)
}

type Key<'a> = Spanned<Cow<'a, str>>;
type Value<'a> = Spanned<DeValue<'a>>;

fn in_order<'a, 'i>(table: &'a DeTable<'i>) -> Vec<(&'a Key<'i>, &'a Value<'i>)> {
    let mut rows: Vec<_> = table.iter().collect();
    rows.sort_by_key(|(key, _)| key.span().start);
    rows
}

struct Walk<'a> {
    source: &'a Source,
    entries: Vec<Entry>,
    problems: Vec<Problem>,
}

impl Walk<'_> {
    fn wrong(&mut self, key: String, span: &Range<usize>, says: impl Into<String>) -> &mut Problem {
        let mark = Mark::new(&self.source.text, span);
        let problem = Problem::of(key, self.source.origin(mark.line), says).at(Some(mark));
        self.problems.push(problem);
        #[allow(clippy::indexing_slicing, reason = "pushed in the line above")]
        let last = self.problems.len() - 1;
        #[allow(clippy::indexing_slicing, reason = "pushed in the lines above")]
        &mut self.problems[last]
    }

    fn section(&mut self, key: &Key<'_>, value: &Value<'_>) {
        let name = key.get_ref().as_ref();
        let Some(section) = table::SECTIONS.iter().find(|section| section.name == name) else {
            self.unknown_section(key);
            return;
        };
        let Some(table) = value.get_ref().as_table() else {
            let says = format!("must be a section: write `[{}]` on a line of its own", section.header);
            self.wrong(name.to_owned(), &value.span(), says);
            return;
        };
        for (key, value) in in_order(table) {
            if section.is_named() {
                self.named(section, key, value);
            } else {
                self.field(section.name, None, key, value);
            }
        }
    }

    fn unknown_section(&mut self, key: &Key<'_>) {
        let name = key.get_ref().as_ref();
        let section = table::nearest_of(name, table::SECTIONS.iter().map(|section| section.name.to_owned()));
        let inside = || {
            let mut homes = table::all().filter(|known| known.field() == name && !known.is_named());
            homes.next().filter(|_| homes.next().is_none())
        };
        let says = match (section, inside()) {
            (Some(near), _) => format!("unknown section; did you mean `[{near}]`?"),
            (None, Some(key)) => format!("unknown key; did you mean `{}`?", key.path),
            (None, None) => "unknown section".to_owned(),
        };
        self.wrong(name.to_owned(), &key.span(), says);
    }

    fn named(&mut self, section: &table::Section, key: &Key<'_>, value: &Value<'_>) {
        let name = key.get_ref().as_ref();
        let path = format!("{}.{name}", section.name);
        let judged = match section.name {
            "roots" => roots::name(name).map(|_| ()),
            _ => secrets::check_name(name),
        };
        if let Err(says) = judged {
            self.wrong(path, &key.span(), says);
            return;
        }
        let Some(table) = value.get_ref().as_table() else {
            let says = format!("must be a section: write `[{path}]` on a line of its own");
            self.wrong(path, &value.span(), says);
            return;
        };
        for (key, value) in in_order(table) {
            self.field(section.name, Some(name), key, value);
        }
        // A section that names nothing still has to name what it must.
        if table.is_empty() {
            let needs = if section.name == "roots" { "path" } else { "sha256" };
            self.wrong(path, &key.span(), format!("lacks `{needs}`"));
        }
    }

    fn field(&mut self, section: &str, name: Option<&str>, key: &Key<'_>, value: &Value<'_>) {
        let field = key.get_ref().as_ref();
        let shown = name.map_or_else(|| section.to_owned(), |name| format!("{section}.{name}"));
        let Some(known) = table::keys_of(section).find(|known| known.field() == field) else {
            let near = table::nearest_of(field, table::keys_of(section).map(|key| key.field().to_owned()));
            let mut says = format!("unknown key in `[{shown}]`");
            if let Some(near) = near {
                says.push_str("; did you mean `");
                says.push_str(&near);
                says.push_str("`?");
            }
            self.wrong(format!("{shown}.{field}"), &key.span(), says);
            return;
        };
        let elements = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(Spanned::span).collect(),
            _ => Vec::new(),
        };
        let line = Mark::new(&self.source.text, &key.span()).line;
        self.entries.push(Entry {
            key: known,
            name: name.unwrap_or_default().to_owned(),
            given: given(value.get_ref()),
            origin: self.source.origin(line),
            value: value.span(),
            elements,
        });
    }
}

fn given(value: &DeValue<'_>) -> Given {
    match value {
        DeValue::String(text) => Given::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Given::Other("a number"), Given::Integer),
        DeValue::Float(_) => Given::Other("a fraction"),
        DeValue::Boolean(value) => Given::Bool(*value),
        DeValue::Datetime(moment) => Given::Moment(moment.to_string()),
        DeValue::Array(items) => Given::List(items.iter().map(|item| given(item.get_ref())).collect()),
        DeValue::Table(_) => Given::Other("a section"),
    }
}
