//! Which events are asked for, as it is typed.

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser as _},
};
use jiff::Zoned;

use crate::{
    cli::report::Failure,
    events::{
        EventKind, Outcome, Severity,
        filter::Filter,
        words::{Slip, Words},
    },
    refusal::Code,
};

/// Which events.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Which events")]
pub struct Which {
    /// Not older than: `10m`, `2h`, `today`, `2026-11-22`, RFC 3339
    #[arg(short = 'S', long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Not newer than
    #[arg(short = 'U', long, value_name = "WHEN")]
    pub until: Option<String>,
    /// Only this grave or graver: low, medium, high
    #[arg(short = 'p', long, value_name = "LEVEL", hide_possible_values = true, value_parser = severity())]
    pub severity: Option<Severity>,
    /// Only this event, such as `tool_called`
    #[arg(long, value_name = "EVENT", value_delimiter = ',', hide_possible_values = true,
          value_parser = PossibleValuesParser::new(EventKind::ALL.iter().map(|kind| kind.as_str())))]
    pub event: Vec<String>,
    /// Only this outcome: ok, refused, failed, denied, abandoned
    #[arg(long, value_name = "OUTCOME", value_delimiter = ',', hide_possible_values = true,
          value_parser = PossibleValuesParser::new(Outcome::ALL.iter().map(|outcome| outcome.as_str())))]
    pub outcome: Vec<String>,
    /// Only this code, such as `path_leaves_root`
    #[arg(long, value_name = "CODE", value_delimiter = ',', hide_possible_values = true,
          value_parser = PossibleValuesParser::new(Code::ALL.iter().map(|code| code.as_str())))]
    pub code: Vec<String>,
    /// Only calls to this tool
    #[arg(short, long, value_name = "NAME", value_delimiter = ',')]
    pub tool: Vec<String>,
    /// Only this caller, such as `key:laptop` or `203.0.113.9`
    #[arg(short, long, value_name = "WHO", value_delimiter = ',')]
    pub who: Vec<String>,
    /// Only from this address
    #[arg(long, value_name = "ADDR", value_delimiter = ',')]
    pub peer: Vec<String>,
    /// Only clients whose name begins so
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub client: Vec<String>,
    /// Only events whose text matches; lower case ignores case
    #[arg(short, long, value_name = "REGEX")]
    pub grep: Option<String>,
}

fn severity() -> impl clap::builder::TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.iter().map(|severity| severity.as_str()))
        .map(|word| Severity::parse(&word).unwrap_or(Severity::High))
}

impl Which {
    pub(super) fn filter(&self, now: &Zoned) -> Result<Filter, Failure> {
        let words = Words {
            since: self.since.clone(),
            until: self.until.clone(),
            severity: self.severity.map(|severity| severity.as_str().to_owned()),
            event: self.event.clone(),
            outcome: self.outcome.clone(),
            code: self.code.clone(),
            tool: self.tool.clone(),
            who: self.who.clone(),
            peer: self.peer.clone(),
            client: self.client.clone(),
            grep: self.grep.clone(),
        };
        words.filter(now).map_err(|slip| match slip {
            Slip::When { why, .. } => Failure::new(why),
            Slip::Reversed => Failure::new("`--since` is later than `--until`, so nothing can match")
                .hint("exchange the two"),
            Slip::Grep { why } => Failure::new("the expression after `--grep` does not compile")
                .fact(why)
                .hint("write `\\` before a sign that is meant literally"),
            word @ Slip::Word { .. } => Failure::new(word.to_string()),
        })
    }
}
