//! Media types: what the body is, and what the answer may be.

use http::HeaderValue;

/// Whether a `Content-Type` says JSON in UTF-8. Types that a web page can send
/// without asking first (`text/plain`, forms) must not reach a tool.
pub(super) fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';');
    let essence = parts.next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case("application/json") && parts.all(is_harmless)
}

/// A parameter that changes nothing: any but a charset other than UTF-8.
fn is_harmless(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return parameter.trim_ascii().is_empty() };
    let value = value.trim_ascii();
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    !name.trim_ascii().eq_ignore_ascii_case("charset")
        || value.eq_ignore_ascii_case("utf-8")
        || value.eq_ignore_ascii_case("utf8")
}

/// What the client takes, gathered from every `Accept` line (RFC 9110 §12.5.1).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Accepts {
    said: bool,
    json: Option<bool>,
    any_json: bool,
    events: Option<bool>,
    any_events: bool,
    open_metrics: Option<bool>,
}

impl Accepts {
    /// Takes up one line.
    pub(super) fn add(&mut self, line: &HeaderValue) {
        self.said = true;
        let Ok(line) = line.to_str() else { return };
        for range in line.split(',') {
            let mut parts = range.split(';');
            let name = parts.next().unwrap_or_default().trim_ascii();
            let wanted = !parts.any(is_zero_weight);
            if name.eq_ignore_ascii_case("application/json") {
                self.json = Some(wanted);
            } else if name.eq_ignore_ascii_case("text/event-stream") {
                self.events = Some(wanted);
            } else if name.eq_ignore_ascii_case("application/openmetrics-text") {
                // Named once for each of its versions.
                self.open_metrics = Some(self.open_metrics.unwrap_or_default() || wanted);
            } else if name.eq_ignore_ascii_case("application/*") || name == "*/*" {
                self.any_json |= wanted;
            } else if name.eq_ignore_ascii_case("text/*") {
                self.any_events |= wanted;
            }
        }
    }

    /// JSON is welcome. It is where nothing was said.
    pub(super) fn json(self) -> bool {
        !self.said || self.json.unwrap_or(self.any_json)
    }

    /// The text form of `OpenMetrics` is asked for by name. Whoever does not gets that of Prometheus.
    pub(super) fn open_metrics(self) -> bool {
        self.open_metrics.unwrap_or_default()
    }

    /// An event stream was asked for by its name, and JSON was not.
    pub(super) fn prefers_events(self) -> bool {
        self.events == Some(true) && self.json != Some(true)
    }

    /// An event stream is welcome. `*/*` does not ask for one: who sends that reads one answer.
    pub(super) fn events(self) -> bool {
        self.events.unwrap_or(self.any_events)
    }
}

fn is_zero_weight(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, weight)| {
        name.trim_ascii().eq_ignore_ascii_case("q")
            && weight.trim_ascii().parse::<f32>().is_ok_and(|weight| weight == 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_in_utf_8_is_json() {
        for yes in [
            "application/json",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "Application/JSON",
            "application/json;",
            "application/json; x=y",
        ] {
            assert!(is_json(yes), "{yes}");
        }
        for no in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "text/plain; x=application/json",
            "application/json; charset=utf-7",
            "application/json, text/plain",
            "application/json; charset=utf-8, text/plain",
            "application/json-rpc",
            "application/json x",
        ] {
            assert!(!is_json(no), "{no}");
        }
    }

    #[track_caller]
    fn accepting(lines: &[&'static str]) -> (bool, bool) {
        let mut accepts = Accepts::default();
        for line in lines {
            accepts.add(&HeaderValue::from_static(line));
        }
        (accepts.json(), accepts.events())
    }

    #[test]
    fn wildcards_and_silence_take_json() {
        assert_eq!(accepting(&[]), (true, false));
        assert_eq!(accepting(&["*/*"]), (true, false));
        assert_eq!(accepting(&["application/*, text/*"]), (true, true));
        assert_eq!(accepting(&["APPLICATION/JSON;q=0.9, Text/Event-Stream"]), (true, true));
        assert_eq!(accepting(&["application/json", "text/event-stream"]), (true, true));
        assert_eq!(accepting(&["text/event-stream"]), (false, true));
        assert_eq!(accepting(&["text/html"]), (false, false));
        assert_eq!(accepting(&[""]), (false, false));
    }

    #[test]
    fn a_weight_of_zero_excludes_and_the_exact_type_wins() {
        assert_eq!(accepting(&["application/json;q=0, */*"]), (false, false));
        assert_eq!(accepting(&["application/json; Q=0.000, text/event-stream"]), (false, true));
        assert_eq!(accepting(&["application/json;q=0.1"]), (true, false));
    }
}
