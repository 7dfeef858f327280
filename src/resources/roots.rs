//! The roots as resources: `root://NAME/path`.
//!
//! The list has one entry a root and a template for what is below it; nothing
//! is walked. An address is percent-decoded once and then goes the way of
//! every path. `file:///absolute` beneath a root is understood, never shown.

use bytes::Bytes;
use percent_encoding::percent_decode_str;

use super::{Listed, Source};
use crate::{
    caller::Caller,
    guard::{Block, Draft},
    limits,
    policy::{Permit, Subject},
    refusal::{Code, Kind, Refusal},
    sandbox::{
        Files, Needs, World,
        files::{Place, RootView, decode_text},
    },
    sanitize::path::FilePath,
    tools::{CallContext, Ready},
};

const ARGUMENT: &str = "uri";
const TEXT: &str = "text/plain";
const BYTES: &str = "application/octet-stream";

/// Answers for everything beneath the roots.
#[derive(Clone, Copy, Debug, Default)]
pub struct Roots;

impl Source for Roots {
    fn listed(&self, caller: &Caller, world: &World) -> Vec<Listed> {
        each_root(caller, world, |root| Listed {
            uri: format!("root://{}/", root.name),
            name: root.name.to_owned(),
            description: "What is in this root directory.".to_owned(),
            mime: Some(TEXT.to_owned()),
        })
    }

    fn templates(&self, caller: &Caller, world: &World) -> Vec<Listed> {
        each_root(caller, world, |root| Listed {
            uri: format!("root://{}/{{+path}}", root.name),
            name: root.name.to_owned(),
            description: "A file or directory in this root directory.".to_owned(),
            mime: None,
        })
    }

    fn subject(&self) -> Subject<'static> {
        super::subject::<Files>()
    }

    fn owns(&self, uri: &str) -> bool {
        split(uri).is_some()
    }

    fn prepare(&self, permit: Permit, caller: &Caller, uri: String, world: &World) -> Result<Ready, Refusal> {
        let files = Files::take(world, &caller.reach);
        let place = find(&uri, &files)?;
        Ok(Ready::new(permit, move |call| async move { read(place, &call).await }))
    }
}

fn each_root(caller: &Caller, world: &World, listed: impl Fn(RootView<'_>) -> Listed) -> Vec<Listed> {
    Files::take(world, &caller.reach).roots().filter(|root| !root.is_missing).map(listed).collect()
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scheme {
    Root,
    File,
}

/// The scheme and what follows `://`.
fn split(uri: &str) -> Option<(Scheme, &str)> {
    let (scheme, rest) = uri.split_once("://")?;
    if scheme.eq_ignore_ascii_case("root") {
        Some((Scheme::Root, rest))
    } else if scheme.eq_ignore_ascii_case("file") {
        Some((Scheme::File, rest))
    } else {
        None
    }
}

/// From an address to a place, by its text alone.
fn find(uri: &str, files: &Files) -> Result<Place, Refusal> {
    let unknown = Refusal::Unknown { kind: Kind::Resource };
    let (scheme, rest) = split(uri).ok_or_else(|| unknown.clone())?;
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let path = percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| Refusal::argument(ARGUMENT, Code::NotUtf8, "must be UTF-8 once percent-decoded"))?;
    let path = match scheme {
        Scheme::Root if files.top(authority).is_some() => format!("{authority}:/{path}"),
        Scheme::Root => return Err(unknown),
        Scheme::File if authority.is_empty() || authority.eq_ignore_ascii_case("localhost") => {
            format!("/{path}")
        }
        Scheme::File => {
            let says = "must be a file of this host, beneath a root: `root://NAME/path`";
            return Err(Refusal::argument(ARGUMENT, Code::PathLeavesRoot, says));
        }
    };
    let path = FilePath::try_from(path)
        .map_err(|broken| Refusal::Argument { argument: ARGUMENT.to_owned(), broken })?;
    files.place_of(ARGUMENT, &path)
}

async fn read(place: Place, call: &CallContext) -> Result<Draft, Refusal> {
    call.detail("path", place.shown());
    let draft = call
        .blocking(
            move |call| if place.facts()?.is_directory { list(&place, call) } else { open(&place, call) },
        )
        .await?;
    Ok(draft.at_most(limits::RESULT_BYTES_MAX))
}

fn list(place: &Place, call: &CallContext) -> Result<Draft, Refusal> {
    let listing = place.list(&|| call.go_on())?;
    let (text, shown) = listing.lines(limits::RESULT_BYTES_MAX);
    let draft = Draft::new().and(Block::TextResource { uri: place.address(), mime: TEXT.to_owned(), text });
    if shown < listing.counted {
        return Ok(draft.note(format!("[the first {shown} of {} names are shown]", listing.counted)));
    }
    Ok(draft)
}

fn open(place: &Place, call: &CallContext) -> Result<Draft, Refusal> {
    let bytes = place.open_file()?.read(limits::RESULT_BYTES_MAX, &|| call.go_on())?.ok_or_else(too_large)?;
    let uri = place.address();
    Ok(Draft::new().and(match decode_text(&bytes) {
        Some(text) if text.len() > limits::RESULT_BYTES_MAX => return Err(too_large()),
        Some(text) => Block::TextResource { uri, mime: TEXT.to_owned(), text },
        None => Block::BlobResource { uri, mime: BYTES.to_owned(), data: Bytes::from(bytes) },
    }))
}

fn too_large() -> Refusal {
    let says = format!(
        "the file is larger than {} MiB, which is more than a resource may be; the tool `read_text_file` reads it in parts",
        limits::RESULT_BYTES_MAX >> 20
    );
    Refusal::failed(Code::TooLarge, says)
}
