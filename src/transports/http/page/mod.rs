//! `GET /`: the log and the server's posture for people who would rather look.
//!
//! What is served here is the same for everybody and holds nothing: the page
//! asks for a key, keeps it for its tab, and fetches the rest with it. Its
//! parts are files beside this one, in the binary; it needs nothing from
//! anywhere else, and its policy lets it reach nowhere else.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use warp::reply::Response;

use super::{gate::Pass, record};
use crate::caller::Caller;

/// One file of the page.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Part {
    path: &'static str,
    media_type: &'static str,
    content: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const fn part(path: &'static str, media_type: &'static str, content: &'static str) -> Part {
    Part { path, media_type, content }
}

static PARTS: [Part; 13] = [
    part("/", HTML, include_str!("index.html")),
    part("/page/icon.svg", SVG, include_str!("icon.svg")),
    part("/page/page.css", CSS, include_str!("page.css")),
    part("/page/page.js", SCRIPT, include_str!("page.js")),
    part("/page/server.js", SCRIPT, include_str!("server.js")),
    part("/page/words.js", SCRIPT, include_str!("words.js")),
    part("/page/list.js", SCRIPT, include_str!("list.js")),
    part("/page/counts.js", SCRIPT, include_str!("counts.js")),
    part("/page/chart.js", SCRIPT, include_str!("chart.js")),
    part("/page/event.js", SCRIPT, include_str!("event.js")),
    part("/page/posture.js", SCRIPT, include_str!("posture.js")),
    part("/page/uplot.js", SCRIPT, include_str!("uplot/uPlot.iife.min.js")),
    part("/page/uplot.css", CSS, include_str!("uplot/uPlot.min.css")),
];

impl Part {
    /// The file that is served at exactly this path.
    pub(super) fn find(path: &str) -> Option<&'static Self> {
        PARTS.iter().find(|part| part.path == path)
    }

    fn is_page(&self) -> bool {
        self.path == "/"
    }
}

/// Whether a path is one of the page's, or stands where they do.
pub(super) fn is_of_page(path: &str) -> bool {
    path == "/" || path.starts_with("/page/")
}

/// Which file is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) part: &'static Part,
    /// Whoever is there, for the log.
    pub(super) caller: Caller,
    pub(super) arrived: std::time::Instant,
}

#[allow(clippy::unused_async, reason = "what a route is")]
pub(super) async fn answer(pass: Pass<Asked>) -> Response {
    let (door, asked) = (pass.door(), pass.what());
    let body = if asked.part.is_page() {
        // Its parts follow by themselves, and are the same for everybody.
        record::served(door, &asked.caller, "GET /", StatusCode::OK, asked.arrived);
        if door.settings.auth {
            Bytes::from_static(asked.part.content.as_bytes())
        } else {
            keyless(asked.part)
        }
    } else {
        Bytes::from_static(asked.part.content.as_bytes())
    };
    let mut response = Response::new(body.into());
    *response.headers_mut() = HeaderMap::with_capacity(12);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(asked.part.media_type));
    response
}

/// Where no key is asked for there is none that opens the log, and the page says so.
fn keyless(part: &Part) -> Bytes {
    part.content.replacen("data-keys=\"asked\"", "data-keys=\"off\"", 1).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_the_page_names_is_served_and_nothing_from_elsewhere_is_named() {
        for part in &PARTS {
            for quote in ["\"/", "'/", "\"./", "'./"] {
                for (at, _) in part.content.match_indices(quote) {
                    let name = &part.content[at + 1..];
                    let name = &name[..name.find(['"', '\'']).unwrap_or(name.len())];
                    let path = name.replacen("./", "/page/", 1);
                    if path.starts_with("/page/") {
                        assert!(Part::find(&path).is_some(), "{} names {name}", part.path);
                    }
                }
            }
            if !part.path.contains("uplot") {
                let foreign = part.content.replace("http://www.w3.org/2000/svg", "");
                assert!(!foreign.contains("://"), "{} names another place", part.path);
            }
        }
    }

    #[test]
    fn the_page_has_no_script_and_no_style_of_its_own_in_it() {
        let page = Part::find("/").expect("the page").content;
        for inline in [" style=", "<style", "javascript:", " onclick", " onload", "<script>"] {
            assert!(!page.contains(inline), "{inline}");
        }
        for part in PARTS.iter().filter(|part| part.media_type == SCRIPT) {
            for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                assert!(!part.content.contains(sink), "{} uses {sink}", part.path);
            }
        }
    }

    #[test]
    fn where_no_key_is_asked_for_the_page_says_so() {
        let page = Part::find("/").expect("the page");
        assert!(page.content.contains("data-keys=\"asked\""));
        let keyless = String::from_utf8(keyless(page).to_vec()).expect("text");
        assert!(keyless.contains("data-keys=\"off\"") && !keyless.contains("data-keys=\"asked\""));
    }
}
