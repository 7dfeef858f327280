//! `subscriptions/listen`: a stream on which nothing is ever said.
//!
//! Nothing of ours changes by itself, so of whatever a client asks to hear
//! nothing is accepted. The acknowledgement says so, the stream stays open
//! until its client ends it or the server stops, and then it is completed.

use rmcp::model::{
    GetMeta, RequestId, ServerNotification, ServerResult, SubscriptionFilter,
    SubscriptionsAcknowledgedNotification, SubscriptionsAcknowledgedNotificationParams,
    SubscriptionsListenResult,
};

/// The first thing said on the stream of the request with this id.
#[must_use]
pub fn acknowledged(id: &RequestId) -> ServerNotification {
    let params = SubscriptionsAcknowledgedNotificationParams::new(SubscriptionFilter::new());
    let mut notification = ServerNotification::from(SubscriptionsAcknowledgedNotification::new(params));
    notification.get_meta_mut().set_subscription_id(id.clone());
    notification
}

/// The last.
#[must_use]
pub fn completed(id: &RequestId) -> ServerResult {
    SubscriptionsListenResult::complete(id.clone()).into()
}
