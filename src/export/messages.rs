//! From lines to the messages of OTLP: each line one log record.
//!
//! The body is the line itself, digest and all, so that the chain can be
//! checked at the other end too. The attributes are its fields: by the names
//! of OpenTelemetry's semantic conventions where it has one, else beneath
//! `mcp_server.`. Nothing is added that does not stand in the line.

use jiff::Timestamp;
use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans},
};
use serde_json::{Map, Value};

use super::{
    Identity,
    queue::Batch,
    spans::{self, Place},
};
use crate::events::{Severity, reader::Record};

/// What the names of our own attributes and events begin with.
const OWN: &str = "mcp_server.";

/// What is posted of one batch.
pub(super) struct Messages {
    pub(super) logs: ExportLogsServiceRequest,
    /// `None` when no call ended.
    pub(super) spans: Option<ExportTraceServiceRequest>,
}

impl Messages {
    /// Of a batch, as it is at `now`.
    pub(super) fn of(batch: &Batch, identity: &Identity, now: Timestamp) -> Self {
        let records: Vec<_> = batch.iter().map(|line| (line, Record::parse(line).ok())).collect();
        let run = records.iter().find_map(|(_, record)| Some(record.as_ref()?.fields.run.clone()));
        let resource = resource(identity, run.unwrap_or_default());
        let scope = InstrumentationScope {
            name: identity.name.clone(),
            version: identity.version.clone(),
            ..InstrumentationScope::default()
        };
        let logs = records.iter().map(|(line, record)| match record {
            Some(record) => log(record, now),
            None => bare(line, now),
        });
        let logs =
            ScopeLogs { scope: Some(scope.clone()), log_records: logs.collect(), ..ScopeLogs::default() };
        let logs = ResourceLogs {
            resource: Some(resource.clone()),
            scope_logs: vec![logs],
            ..ResourceLogs::default()
        };
        let spans: Vec<_> =
            records.iter().filter_map(|(_, record)| spans::of(record.as_ref()?, &identity.tools)).collect();
        let spans = (!spans.is_empty()).then(|| {
            let spans = ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() };
            let spans = ResourceSpans {
                resource: Some(resource),
                scope_spans: vec![spans],
                ..ResourceSpans::default()
            };
            ExportTraceServiceRequest { resource_spans: vec![spans] }
        });
        Self { logs: ExportLogsServiceRequest { resource_logs: vec![logs] }, spans }
    }
}

fn resource(identity: &Identity, run: String) -> Resource {
    let attributes = [
        ("service.name", identity.name.clone()),
        ("service.version", identity.version.clone()),
        ("service.instance.id", run),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| attribute(name, value)).collect();
    Resource { attributes, ..Resource::default() }
}

fn log(record: &Record, now: Timestamp) -> LogRecord {
    let fields = &record.fields;
    let (number, text) = match Severity::parse(&fields.severity) {
        Some(Severity::High) => (SeverityNumber::Error, "ERROR"),
        Some(Severity::Medium) => (SeverityNumber::Warn, "WARN"),
        Some(Severity::Low) | None => (SeverityNumber::Info, "INFO"),
    };
    let place = Place::of(record);
    let mut attributes = common(record);
    attributes.extend([
        attribute("mcp_server.event", fields.event.clone()),
        attribute("mcp_server.severity", fields.severity.clone()),
        number_attribute("mcp_server.seq", fields.seq),
    ]);
    attributes.extend(fields.id.clone().map(|id| attribute("log.record.uid", id)));
    attributes.extend(fields.duration_us.map(|micros| number_attribute("mcp_server.duration_us", micros)));
    if !fields.details.is_empty() {
        attributes.push(key_value("mcp_server.details", any_value::Value::KvlistValue(map(&fields.details))));
    }
    LogRecord {
        time_unix_nano: nanos(record.at),
        observed_time_unix_nano: nanos(now),
        severity_number: number.into(),
        severity_text: text.into(),
        body: Some(any(any_value::Value::StringValue(record.raw.clone()))),
        attributes,
        dropped_attributes_count: 0,
        flags: place.as_ref().map_or(0, |place| place.flags),
        trace_id: place.as_ref().map(|place| place.trace.to_vec()).unwrap_or_default(),
        span_id: place.map(|place| place.span.to_vec()).unwrap_or_default(),
        event_name: format!("{OWN}{}", fields.event),
    }
}

/// Of a line that this version cannot read: there should be none, and it is no reason to lose one.
fn bare(line: &[u8], now: Timestamp) -> LogRecord {
    let text = String::from_utf8_lossy(line).into_owned();
    LogRecord {
        observed_time_unix_nano: nanos(now),
        body: Some(any(any_value::Value::StringValue(text))),
        ..LogRecord::default()
    }
}

/// The attributes that a log record and a span have in common.
pub(super) fn common(record: &Record) -> Vec<KeyValue> {
    let fields = &record.fields;
    let method = fields.method.as_deref().or(fields.tool.is_some().then_some("tools/call"));
    let transport = match fields.transport.as_deref() {
        Some("stdio") => Some("pipe"),
        Some("http") => Some("tcp"),
        _ => None,
    };
    let texts = [
        ("mcp.method.name", method),
        ("gen_ai.tool.name", fields.tool.as_deref()),
        ("network.transport", transport),
        ("client.address", fields.peer.as_deref()),
        ("mcp_server.identifier", Some(fields.identifier.as_str())),
        ("mcp_server.transport", fields.transport.as_deref()),
        ("mcp_server.client", fields.client.as_deref()),
        ("mcp_server.outcome", fields.outcome.as_deref()),
        ("mcp_server.code", fields.code.as_deref()),
        ("mcp_server.call", fields.call.as_deref()),
    ];
    texts.into_iter().filter_map(|(name, text)| Some(attribute(name, text?.to_owned()))).collect()
}

/// An attribute that is text.
pub(super) fn attribute(name: &str, text: String) -> KeyValue {
    key_value(name, any_value::Value::StringValue(text))
}

fn number_attribute(name: &str, number: u64) -> KeyValue {
    key_value(name, any_value::Value::IntValue(i64::try_from(number).unwrap_or(i64::MAX)))
}

fn key_value(name: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: name.to_owned(), value: Some(any(value)), ..KeyValue::default() }
}

const fn any(value: any_value::Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn map(details: &Map<String, Value>) -> KeyValueList {
    let entry = |(name, value): (&String, &Value)| KeyValue {
        key: name.clone(),
        value: Some(AnyValue { value: of_json(value) }),
        ..KeyValue::default()
    };
    KeyValueList { values: details.iter().map(entry).collect() }
}

/// As deep as the log lets details nest.
fn of_json(value: &Value) -> Option<any_value::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(yes) => any_value::Value::BoolValue(*yes),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => any_value::Value::IntValue(whole),
            None => any_value::Value::DoubleValue(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => any_value::Value::StringValue(text.clone()),
        Value::Array(values) => {
            let values = values.iter().map(|value| AnyValue { value: of_json(value) }).collect();
            any_value::Value::ArrayValue(ArrayValue { values })
        }
        Value::Object(details) => any_value::Value::KvlistValue(map(details)),
    })
}

/// Nanoseconds since 1970; what was before that is then.
pub(super) fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.as_nanosecond()).unwrap_or_default()
}
