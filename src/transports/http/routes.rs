//! What is served where.
//!
//! A route is a warp filter that takes the [`Pass`] of its own kind, and only
//! the gate makes passes: a route that the gate did not open does not exist,
//! whatever the target, and a route without a gate does not compile.

use std::{convert::Infallible, future::Future};

use http::{Method, Uri};
use warp::{Filter, Rejection, reply::Response};

use super::{
    codes, events,
    gate::Pass,
    health, mcp, metrics, page, posture, ready,
    refuse::{Reader, Refused},
    settings::Settings,
    stats,
};
use crate::refusal::Code;

/// A place that can be asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// Where MCP is spoken.
    Mcp,
    /// Whether the server lives.
    Health,
    /// Whether it takes calls.
    Ready,
    /// The security events.
    Events,
    /// What is counted.
    Metrics,
    /// How the server stands.
    Posture,
    /// The log in numbers.
    Stats,
    /// What the words of the log mean.
    Codes,
    /// A file of the page.
    Page(&'static page::Part),
}

const READY_PATH: &str = "/ready";
pub(super) const EVENTS_PATH: &str = "/security/events";
const METRICS_PATH: &str = "/metrics";
const POSTURE_PATH: &str = "/security/posture";
const STATS_PATH: &str = "/security/stats";
const CODES_PATH: &str = "/security/codes";

impl Place {
    /// The place of a target in origin form, by its exact raw path: nothing is
    /// decoded, merged or trimmed, so what is checked is what is served.
    pub(super) fn find(settings: &Settings, target: &Uri) -> Option<Self> {
        let path = target.path();
        if path == settings.path {
            Some(Self::Mcp)
        } else if path == settings.health_path {
            Some(Self::Health)
        } else {
            match path {
                READY_PATH => Some(Self::Ready),
                EVENTS_PATH => Some(Self::Events),
                METRICS_PATH => Some(Self::Metrics),
                POSTURE_PATH => Some(Self::Posture),
                STATS_PATH => Some(Self::Stats),
                CODES_PATH => Some(Self::Codes),
                _ if settings.has_page() => page::Part::find(path).map(Self::Page),
                _ => None,
            }
        }
    }

    /// The methods it takes, for `Allow`.
    pub(super) const fn allow(self) -> &'static str {
        match self {
            Self::Mcp => "POST, OPTIONS",
            _ => "GET, HEAD, OPTIONS",
        }
    }

    pub(super) fn takes(self, method: &Method) -> bool {
        match self {
            Self::Mcp => method == Method::POST,
            _ => method == Method::GET || method == Method::HEAD,
        }
    }

    /// Answers without a key and whatever the `Host`: load balancers and
    /// orchestrators ask by address.
    pub(super) const fn is_open(self) -> bool {
        matches!(self, Self::Health | Self::Ready)
    }
}

/// Every route.
pub(super) fn all() -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static
{
    route(mcp::answer)
        .or(route(health::answer))
        .unify()
        .or(route(ready::answer))
        .unify()
        .or(route(events::answer))
        .unify()
        .or(route(metrics::answer))
        .unify()
        .or(route(posture::answer))
        .unify()
        .or(route(stats::answer))
        .unify()
        .or(route(codes::answer))
        .unify()
        .or(route(page::answer))
        .unify()
        .or(warp::any().map(|| Refused::from(Code::NoRoute).to_response(Reader::Person)))
        .unify()
}

fn route<T, S, F>(
    serve: S,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static
where
    T: Send + Sync + 'static,
    S: Fn(Pass<T>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    // Boxed, because warp's filters move the future on to each other, and a call's is large.
    warp::ext::get::<Pass<T>>().then(move |pass| Box::pin(serve(pass)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_served_only_as_it_is_written() {
        let settings = Settings::default();
        for (target, place) in [
            ("/mcp", Some(Place::Mcp)),
            ("/mcp?x=1", Some(Place::Mcp)),
            ("/health", Some(Place::Health)),
            ("/ready", Some(Place::Ready)),
            ("/security/events?limit=1", Some(Place::Events)),
            ("/metrics", Some(Place::Metrics)),
            ("/security/posture", Some(Place::Posture)),
            ("/", page::Part::find("/").map(Place::Page)),
            ("/?x=1", page::Part::find("/").map(Place::Page)),
            ("/page/page.js", page::Part::find("/page/page.js").map(Place::Page)),
            ("/page/PAGE.js", None),
            ("/page/../page/page.js", None),
            ("/page/index.html", None),
            ("/page/", None),
            ("/page", None),
            ("//", None),
            ("//mcp", None),
            ("/mcp/", None),
            ("/MCP", None),
            ("/%6Dcp", None),
            ("/%6dcp", None),
            ("/x/../mcp", None),
            ("/./mcp", None),
            ("/mcp;x", None),
            ("/mcp%00", None),
            ("/mcp%3F", None),
            ("/health/", None),
            ("/security", None),
            ("/metrics/", None),
            ("/security/events/", None),
        ] {
            let uri = Uri::try_from(target).expect("a target");
            assert_eq!(Place::find(&settings, &uri), place, "{target}");
        }
    }
}
