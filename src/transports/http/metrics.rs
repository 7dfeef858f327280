//! `GET /metrics`: what is counted, for keys with `events = true` and for the
//! addresses of `http.metrics_from`.
//!
//! Where no key is needed at all, nobody needs one here: there are counts, and
//! words of our own, and nothing that a client sent.

use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use prometheus_client::{
    encoding::{prometheus_text, text},
    registry::Registry,
};
use warp::reply::Response;

use super::{
    Door,
    gate::Pass,
    head::Head,
    refuse::{Reader, Refused},
    scrape::Scrape,
};
use crate::refusal::Code;

/// In which of the two text forms.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Prometheus,
    OpenMetrics,
}

impl Form {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// What is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    form: Form,
}

impl Asked {
    pub(super) fn read(head: &Head<'_>) -> Self {
        Self { form: if head.accepts.open_metrics() { Form::OpenMetrics } else { Form::Prometheus } }
    }
}

#[allow(clippy::unused_async, reason = "what a route is")]
pub(super) async fn answer(pass: Pass<Asked>) -> Response {
    let form = pass.what().form;
    match encode(pass.door(), form) {
        Ok(text) => {
            let mut response = Response::new(text.into());
            *response.status_mut() = StatusCode::OK;
            *response.headers_mut() = HeaderMap::with_capacity(12);
            let media_type = HeaderValue::from_static(form.media_type());
            response.headers_mut().insert(header::CONTENT_TYPE, media_type);
            response
        }
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            Refused::from(Code::Io).to_response(Reader::Person)
        }
    }
}

fn encode(door: &Arc<Door>, form: Form) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("mcp_server");
    registry.register_collector(Box::new(Scrape(Arc::clone(door))));
    let mut text = String::with_capacity(64 << 10);
    match form {
        Form::Prometheus => prometheus_text::encode(&mut text, &registry)?,
        Form::OpenMetrics => text::encode(&mut text, &registry)?,
    }
    Ok(text)
}
