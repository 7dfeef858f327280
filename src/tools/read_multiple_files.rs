//! `read_multiple_files`: several text files in one result, in the order asked for.
//!
//! A file that cannot be read says so in its place and keeps no other from
//! being read. Once the result is full, the notes name what is missing and the
//! calls that bring it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    CallContext, Tool,
    naming::{naming, quoted},
};
use crate::{
    guard::Draft,
    limits,
    policy::Effect,
    refusal::{Code, Refusal},
    sandbox::{
        Files,
        files::{Numbers, Place, Rest, Shown, Window},
    },
    sanitize::{
        each::Each,
        marks::{Marker, Tally},
        path::FilePath,
    },
};

const ARGUMENT: &str = "paths";
const BETWEEN: &str = "\n---\n";

/// Reads several text files.
#[derive(Debug)]
pub struct ReadMultipleFiles;

/// The arguments of `read_multiple_files`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadMultipleFilesArgs {
    // The files.
    #[schemars(length(min = 1, max = limits::READ_FILES_MAX))]
    paths: Vec<Each<FilePath>>,
}

impl Tool for ReadMultipleFiles {
    const NAME: &'static str = "read_multiple_files";
    const TITLE: &'static str = "Read multiple files";
    const DESCRIPTION: &'static str = "Read several text files, each below its path.";
    const EFFECT: Effect = Effect::ReadsDisk;
    type Args = ReadMultipleFilesArgs;
    type Needs = (Files, Arc<Marker>);

    async fn run(
        &self,
        args: ReadMultipleFilesArgs,
        (files, marker): Self::Needs,
        call: &CallContext,
    ) -> Result<Draft, Refusal> {
        let wanted = args.paths.len();
        if wanted == 0 {
            return Err(Refusal::argument(ARGUMENT, Code::Empty, "must have at least one path"));
        }
        if wanted > limits::READ_FILES_MAX {
            let says = format!("must have at most {} paths", limits::READ_FILES_MAX);
            return Err(Refusal::argument(ARGUMENT, Code::TooLong, says));
        }
        let sought: Vec<_> =
            args.paths.iter().enumerate().map(|(at, path)| Sought::new(at, path, &files)).collect();
        call.detail("files", wanted);
        let named: Vec<_> =
            sought.iter().take(limits::EVENT_PATHS_MAX).map(|sought| sought.name.clone()).collect();
        call.detail("paths", named);
        let read = call.blocking(move |call| Reading::of(&sought, &marker, call)).await?;
        call.detail("read", read.read);
        call.detail("failed", read.failures.len());
        let mut rules: Vec<_> = read.failures.iter().map(|refusal| refusal.code().as_str()).collect();
        rules.sort_unstable();
        rules.dedup();
        if !rules.is_empty() {
            call.detail("rules", rules);
        }
        Ok(read.draft())
    }
}

/// One of the files, as far as its path tells.
struct Sought {
    /// Its path as it is shown, or its argument if it has none.
    name: String,
    place: Result<Place, Refusal>,
}

impl Sought {
    fn new(at: usize, path: &Each<FilePath>, files: &Files) -> Self {
        let argument = format!("{ARGUMENT}[{at}]");
        let place = match path.proven() {
            Ok(path) => files.place_of(&argument, path),
            Err(broken) => Err(Refusal::Argument { argument: argument.clone(), broken: broken.clone() }),
        };
        Self { name: place.as_ref().map_or(argument, Place::shown), place }
    }

    fn read(&self, room: usize, marker: &Marker, call: &CallContext) -> Result<Shown, Refusal> {
        let place = self.place.as_ref().map_err(Clone::clone)?;
        place.shown_within(room, marker, Numbers::Off, |file, room| {
            let window = Window { first: 1, skip: 0, lines: u64::MAX, room, numbers: Numbers::Off };
            file.excerpt(window, &|| call.go_on())
        })
    }

    /// Why it could not be read, without saying again which it is.
    fn failure(&self, refusal: &Refusal) -> String {
        let says = match refusal {
            Refusal::Argument { broken, .. } => broken.says.to_string(),
            other => other.to_string(),
        };
        let says = says.strip_prefix(&self.name).unwrap_or(&says).trim_start_matches([':', ' ']);
        format!("{}: Error - {says}", self.name)
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    text: String,
    read: usize,
    failures: Vec<Refusal>,
    notes: Vec<String>,
    tally: Tally,
}

impl Reading {
    fn of(sought: &[Sought], marker: &Marker, call: &CallContext) -> Result<Self, Refusal> {
        let mut reading = Self::default();
        for (at, one) in sought.iter().enumerate() {
            call.go_on()?;
            let is_first = at == 0;
            let before = if is_first { "" } else { BETWEEN };
            let taken = reading.text.len() + before.len() + one.name.len() + ":\n\n".len();
            let room = limits::RESULT_BYTES_DEFAULT.saturating_sub(taken);
            let (section, rest) = match one.read(room, marker, call) {
                Ok(shown) => {
                    reading.tally += shown.tally;
                    reading
                        .notes
                        .extend(shown.foreign.map(|foreign| foreign.says(&quoted(one.name.as_str()))));
                    (format!("{}:\n{}\n", one.name, shown.text), Ok(shown.excerpt.rest))
                }
                Err(refusal) => {
                    call.go_on()?; // cancelled, so it is not the file that failed
                    (one.failure(&refusal), Err(refusal))
                }
            };
            // of a line that alone is too long, the beginning is shown only where nothing else is
            let is_worthwhile = match rest {
                Ok(Rest::After { line: 1, .. }) => is_first,
                _ => true,
            };
            let length = reading.text.len() + before.len() + section.len();
            if !is_worthwhile || length > limits::RESULT_BYTES_DEFAULT {
                reading.unread(sought.get(at..).unwrap_or_default(), at);
                break;
            }
            reading.text.push_str(before);
            reading.text.push_str(&section);
            match rest {
                Ok(Rest::After { line, skip }) => {
                    reading.read += 1;
                    reading.cut(&one.name, line, skip);
                    reading.unread(sought.get(at + 1..).unwrap_or_default(), at + 1);
                    break;
                }
                Ok(_) => reading.read += 1,
                Err(refusal) => reading.failures.push(refusal),
            }
        }
        Ok(reading)
    }

    fn cut(&mut self, name: &str, line: u64, skip: u64) {
        let name = quoted(name);
        let skip = if skip > 0 { format!(", lineOffset: {skip}") } else { String::new() };
        self.notes.push(format!(
            "[{name} goes on; continue with `read_text_file` and `path: {name}, offset: {line}{skip}`]"
        ));
    }

    /// Notes the files from `at` on as not read.
    fn unread(&mut self, rest: &[Sought], at: usize) {
        if rest.is_empty() {
            return;
        }
        let names = naming(rest.iter().map(|sought| quoted(&*sought.name)), rest.len());
        self.notes.push(format!(
            "[not read for want of room, from `{ARGUMENT}[{at}]` on: {names}; read them in another call]"
        ));
    }

    fn draft(self) -> Draft {
        // an argument that is at fault says more to the operator than a file that is not there
        let mut failures = self.failures.iter();
        let is_grave = |refusal: &&Refusal| {
            matches!(refusal, Refusal::Argument { .. }) || refusal.code() == Code::Protected
        };
        let gravest = failures.clone().find(is_grave);
        let gravest = gravest.or_else(|| failures.next()).map(Refusal::code);
        let draft = self.notes.into_iter().fold(Draft::text(self.text).marked(self.tally), Draft::note);
        match gravest.filter(|_| self.read == 0) {
            Some(code) => draft.failed_with(code),
            None => draft,
        }
    }
}
