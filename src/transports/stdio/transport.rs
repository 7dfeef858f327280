//! What rmcp sees of the connection.
//!
//! rmcp is handed requests only. Notifications and answers of the client end
//! in [`super::intake`]: its serve loop would end when one of them comes first,
//! and would answer a new request with the late answer of a cancelled one that
//! had the same id.

use std::{
    convert::Infallible,
    future::{Future, ready},
};

use bytes::Bytes;
use rmcp::{
    RoleServer,
    model::JsonRpcMessage,
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use tokio::sync::mpsc;

use super::{
    link::{Link, Wanted},
    stdout::Outbox,
};
use crate::protocol::{self, ErrorData, RequestId, ServerResult};

/// Requests in, answers out.
#[derive(Debug)]
pub(super) struct StdioTransport {
    pub(super) requests: mpsc::Receiver<RxJsonRpcMessage<RoleServer>>,
    pub(super) link: Link,
    pub(super) outbox: Outbox,
}

impl StdioTransport {
    fn deliver(&self, id: &RequestId, answer: &Result<ServerResult, ErrorData>) {
        let line = match self.link.wanted(id) {
            Wanted::Yes => protocol::encode(id, answer),
            Wanted::No => Bytes::new(),
        };
        self.link.close(id, || self.outbox.push(line));
    }
}

impl Transport<RoleServer> for StdioTransport {
    type Error = Infallible;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        match message {
            JsonRpcMessage::Response(response) => self.deliver(&response.id, &Ok(response.result)),
            JsonRpcMessage::Error(error) => match error.id {
                Some(id) => self.deliver(&id, &Err(error.error)),
                None => self.outbox.push(protocol::encode_error(None, &error.error)),
            },
            // Notices go out by `super::service`, and nothing is ever asked of a client.
            JsonRpcMessage::Notification(_) | JsonRpcMessage::Request(_) => {}
        }
        ready(Ok(()))
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        self.requests.recv().await
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Infallible>> + Send {
        self.requests.close();
        ready(Ok(()))
    }
}
