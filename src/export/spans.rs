//! One span for each call that ended, and its place in a trace.
//!
//! Ids are those of the log, so whoever has a line finds its span: the span's
//! id is the second half of the call's id. A call that came with a
//! `traceparent` belongs to that trace; without one the call is its own trace,
//! whose id is the call's.

use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::{Span, SpanFlags, Status, span::SpanKind, status::StatusCode};
use uuid::Uuid;

use super::messages::{attribute, common, nanos};
use crate::{
    events::{EventKind, reader::Record},
    trace::TraceContext,
};

/// What a call that nobody placed is: sampled.
const SAMPLED: u32 = 1;

/// Where a call stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    pub(super) trace: [u8; 16],
    pub(super) span: [u8; 8],
    /// The span of whoever called.
    pub(super) parent: Option<[u8; 8]>,
    /// As the caller sent them: one that does not sample is exported all the same, because no
    /// caller decides what its owner sees. The collector may.
    pub(super) flags: u32,
}

impl Place {
    /// The place of the call that `record` belongs to, if it belongs to one.
    pub(super) fn of(record: &Record) -> Option<Self> {
        let call = Uuid::parse_str(record.fields.call.as_deref()?).ok()?;
        let span = call.as_u64_pair().1.to_be_bytes();
        let came = record.fields.traceparent.as_deref().and_then(TraceContext::parse);
        Some(match came {
            Some(came) => Self {
                trace: came.trace_id(),
                span,
                parent: Some(came.span_id()),
                flags: came.flags().into(),
            },
            None => Self { trace: *call.as_bytes(), span, parent: None, flags: SAMPLED },
        })
    }
}

/// The span of the call that `record` ends, if it ends one.
pub(super) fn of(record: &Record, tools: &[String]) -> Option<Span> {
    let fields = &record.fields;
    if !EventKind::parse(&fields.event)?.is_ending() {
        return None;
    }
    let place = Place::of(record)?;
    let end = nanos(record.at);
    let took = Duration::from_micros(fields.duration_us.unwrap_or_default());
    let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
    let mut attributes = common(record);
    if fields.tool.is_some() {
        attributes.push(attribute("gen_ai.operation.name", "execute_tool".into()));
    }
    let failed = fields.outcome.as_deref() != Some("ok");
    let error = failed.then(|| fields.code.clone().or(fields.outcome.clone())).flatten();
    attributes.extend(error.clone().map(|code| attribute("error.type", code)));
    let code = if failed { StatusCode::Error } else { StatusCode::Unset };
    // bit 8 and 9: whether it is known that the parent is elsewhere, and that it is
    let remote = SpanFlags::ContextHasIsRemoteMask as u32
        | place.parent.map_or(0, |_| SpanFlags::ContextIsRemoteMask as u32);
    Some(Span {
        trace_id: place.trace.to_vec(),
        span_id: place.span.to_vec(),
        parent_span_id: place.parent.map(Vec::from).unwrap_or_default(),
        flags: place.flags | remote,
        name: name(record, tools),
        kind: SpanKind::Server.into(),
        start_time_unix_nano: end.saturating_sub(took),
        end_time_unix_nano: end,
        attributes,
        status: Some(Status { code: code.into(), message: error.unwrap_or_default() }),
        ..Span::default()
    })
}

/// What is called, from a closed set: no client can grow it.
fn name(record: &Record, tools: &[String]) -> String {
    let fields = &record.fields;
    match &fields.tool {
        Some(tool) if tools.contains(tool) => format!("tools/call {tool}"),
        Some(_) => "tools/call".into(),
        // methods of calls are words of ours
        None => fields.method.clone().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(extra: &str) -> Record {
        let line = format!(
            "{{\"v\":1,\"timestamp\":\"2026-11-22T13:02:11.113Z\",\"event\":\"tool_denied\",\"severity\":\"medium\",\
             \"identifier\":\"parent\",\"outcome\":\"denied\",\"code\":\"unknown_tool\",\"duration_us\":1500,{extra}\
             \"call\":\"01a2120b-8ac5-7209-8e5f-c610bc6187d1\",\"run\":\"51c0\",\"seq\":1}}"
        );
        Record::parse(line.as_bytes()).unwrap()
    }

    #[test]
    fn a_name_that_a_client_made_up_names_no_span() {
        let tools = ["hello_world".to_owned()];
        let name = |tool: &str| of(&ending(&format!("\"tool\":\"{tool}\",")), &tools).unwrap().name;
        assert_eq!(name("hello_world"), "tools/call hello_world");
        assert_eq!(name("hello_world "), "tools/call");
        assert_eq!(name("rm -rf /"), "tools/call");
    }

    #[test]
    fn a_call_without_a_trace_is_its_own() {
        let span = of(&ending(""), &[]).unwrap();
        assert_eq!(
            span.trace_id,
            Uuid::parse_str("01a2120b-8ac5-7209-8e5f-c610bc6187d1").unwrap().as_bytes()
        );
        assert_eq!(span.span_id, span.trace_id[8..]);
        assert_eq!((span.parent_span_id, span.flags), (Vec::new(), 0x101));
        assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, 1_500_000);
    }

    #[test]
    fn a_call_with_a_trace_belongs_to_it() {
        let parent = "\"traceparent\":\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\",";
        let span = of(&ending(parent), &[]).unwrap();
        assert_eq!((span.trace_id[0], span.parent_span_id[1], span.flags), (0x4b, 0xf0, 0x300));
    }
}
