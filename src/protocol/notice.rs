//! What a call says before its result, and who wants to hear it.
#![allow(deprecated, reason = "the versions spoken here still have log messages; rmcp marks their types")]

use rmcp::model::{
    LoggingLevel, LoggingMessageNotification, LoggingMessageNotificationParam, ProgressNotification,
    ProgressNotificationParam, ProgressToken, ProtocolVersion, ServerNotification,
};
use serde_json::Value;

use super::Request;
use crate::tools::{
    LogLevel,
    context::{Notice, Notices},
    mailbox::Slot,
};

/// What a client of the older versions hears until it says otherwise; the
/// specification leaves it to the server.
pub const LOG_LEVEL_DEFAULT: LogLevel = LogLevel::Info;

/// Which notices of a request are wanted, and where they go. `level` is what
/// `logging/setLevel` set on this connection, if anything; from 2026-07-28 on
/// each request says so itself.
#[must_use]
pub fn notices(
    request: &Request,
    version: &ProtocolVersion,
    level: Option<LogLevel>,
    slot: Option<Slot>,
) -> Notices {
    let log = if version.has_initialize() {
        Some(level.unwrap_or(LOG_LEVEL_DEFAULT))
    } else {
        request.meta().log_level().map(from_rmcp)
    };
    Notices { slot, progress: request.progress_token().is_some(), log }
}

/// The notification of a notice; `None` for progress without a token, or of no
/// finite amount.
#[must_use]
pub fn notification(said: &Notice, token: Option<&ProgressToken>) -> Option<ServerNotification> {
    match said {
        Notice::Progress { done, total, message } => {
            let mut params = ProgressNotificationParam::new(token?.clone(), *done);
            params.total = total.filter(|total| total.is_finite());
            params.message.clone_from(message);
            done.is_finite().then(|| ProgressNotification::new(params).into())
        }
        Notice::Log { level, text } => {
            let params = LoggingMessageNotificationParam::new(to_rmcp(*level), Value::from(text.as_str()));
            Some(LoggingMessageNotification::new(params).into())
        }
    }
}

pub(super) const fn from_rmcp(level: LoggingLevel) -> LogLevel {
    match level {
        LoggingLevel::Debug => LogLevel::Debug,
        LoggingLevel::Info => LogLevel::Info,
        LoggingLevel::Notice => LogLevel::Notice,
        LoggingLevel::Warning => LogLevel::Warning,
        LoggingLevel::Error => LogLevel::Error,
        LoggingLevel::Critical => LogLevel::Critical,
        LoggingLevel::Alert => LogLevel::Alert,
        LoggingLevel::Emergency => LogLevel::Emergency,
    }
}

const fn to_rmcp(level: LogLevel) -> LoggingLevel {
    match level {
        LogLevel::Debug => LoggingLevel::Debug,
        LogLevel::Info => LoggingLevel::Info,
        LogLevel::Notice => LoggingLevel::Notice,
        LogLevel::Warning => LoggingLevel::Warning,
        LogLevel::Error => LoggingLevel::Error,
        LogLevel::Critical => LoggingLevel::Critical,
        LogLevel::Alert => LoggingLevel::Alert,
        LogLevel::Emergency => LoggingLevel::Emergency,
    }
}
