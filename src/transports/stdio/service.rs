//! What rmcp calls for each request.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use futures_util::FutureExt;
use rmcp::{
    RoleServer, Service,
    model::{ClientNotification, ClientRequest, GetMeta, ServerConfig},
    service::{NotificationContext, RequestContext},
};
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{link::Link, stdout::Outbox};
use crate::{
    caller::{Caller, Client},
    limits,
    protocol::{
        self, Ask, ErrorData, Fault, ProgressToken, Protocol, ProtocolVersion, Request, RequestId,
        ServerResult,
    },
    refusal::Code,
    tools::{
        LogLevel,
        context::{Declared, Notice, Notices},
        mailbox::{Mailbox, mailbox},
    },
};

/// What was known of the connection when a request was read. Travels with the request.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) version: ProtocolVersion,
    pub(super) client: Client,
    pub(super) declared: Declared,
    pub(super) level: Option<LogLevel>,
    pub(super) bytes: usize,
}

/// Answers requests with the functions of [`protocol`].
pub(super) struct StdioService {
    protocol: Arc<Protocol>,
    caller: Arc<Caller>,
    link: Link,
    outbox: Outbox,
    outlets: Arc<Semaphore>,
}

impl StdioService {
    pub(super) fn new(protocol: Arc<Protocol>, link: Link, outbox: Outbox) -> Self {
        let outlets = Arc::new(Semaphore::new(limits::CALLS_PER_CALLER_MAX));
        Self { protocol, caller: Arc::new(Caller::parent()), link, outbox, outlets }
    }

    async fn serve(
        &self,
        mut request: ClientRequest,
        mut context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let Some(known) = context.extensions.remove::<Known>() else {
            // The intake attaches it to every request.
            return Err(Fault::new(None, Code::Panicked).error);
        };
        *request.get_meta_mut() = context.meta;
        let request = Request { id: context.id, request, bytes: known.bytes };
        let cancel = self.link.token(&request.id);
        if request.is_subscription() {
            return Ok(self.listen(&request.id, &cancel).await);
        }
        if !request.is_call() {
            return self.at_hand(request, known, cancel).await;
        }
        self.outlet(&request.id, &cancel).await;
        let (slot, notices) = mailbox();
        let token = request.progress_token();
        let wanted = protocol::notices(&request, &known.version, known.level, Some(slot));
        let answer = self.protocol.answer(request, self.ask(known, wanted, cancel.clone()));
        self.forwarding(notices, token.as_ref(), &cancel, answer).await
    }

    /// Answers what is no call.
    async fn at_hand(
        &self,
        request: Request,
        known: Known,
        cancel: CancellationToken,
    ) -> Result<ServerResult, ErrorData> {
        let (since, method, version) = (Instant::now(), request.method().to_owned(), known.version.clone());
        let answer = self.protocol.answer(request, self.ask(known, Notices::default(), cancel)).await;
        let status = answer.as_ref().map_or_else(|error| protocol::http_status(error, &version), |_| 200);
        self.protocol.dispatcher.events.request_served(&self.caller, &method, status, since.elapsed());
        answer
    }

    fn ask(&self, known: Known, notices: Notices, cancel: CancellationToken) -> Ask {
        let Known { version, client, declared, .. } = known;
        Ask { caller: Arc::clone(&self.caller), version, client, declared, trace: None, notices, cancel }
    }

    /// Waits until a result could be handed over. As many results as there are
    /// seats may be on their way to an unread stdout, besides those that wait in
    /// it; without this each call in the queue could add one.
    async fn outlet(&self, id: &RequestId, cancel: &CancellationToken) {
        let wait = async {
            loop {
                let outlets = Arc::clone(&self.outlets);
                if let Ok(Ok(outlet)) = timeout(limits::OUTLET_WAIT_MAX, outlets.acquire_owned()).await {
                    self.outbox.room().await;
                    return Some(outlet);
                }
                if self.outbox.is_empty() {
                    return None; // those with an outlet produce nothing: they hang, or compute
                }
            }
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => {}
            outlet = wait => if let Some(outlet) = outlet {
                self.link.hold(id, outlet);
            },
        }
    }

    /// Sends what the call says while it runs; whatever it said stands before its answer.
    async fn forwarding(
        &self,
        mut notices: Mailbox,
        token: Option<&ProgressToken>,
        cancel: &CancellationToken,
        answer: impl Future<Output = Result<ServerResult, ErrorData>>,
    ) -> Result<ServerResult, ErrorData> {
        tokio::pin!(answer);
        loop {
            tokio::select! {
                biased;
                // First, because the deadline of a call that never stops talking is in here.
                answer = &mut answer => {
                    while let Some(notice) = notices.take() {
                        self.tell(&notice, token, cancel);
                    }
                    return answer;
                }
                Some(notice) = notices.next() => self.tell(&notice, token, cancel),
            }
        }
    }

    /// A notice is worth less than room: when stdout is not read, it is dropped.
    fn tell(&self, notice: &Notice, token: Option<&ProgressToken>, cancel: &CancellationToken) {
        if cancel.is_cancelled() || self.outbox.is_full() {
            return;
        }
        if let Some(line) = protocol::encode_notice(notice, token) {
            self.outbox.push(line);
        }
    }

    async fn listen(&self, id: &RequestId, cancel: &CancellationToken) -> ServerResult {
        self.outbox.push(protocol::encode_notification(&protocol::acknowledged(id)));
        tokio::select! {
            () = cancel.cancelled() => {}
            () = self.link.ended() => {}
        }
        protocol::completed(id)
    }
}

impl Service<RoleServer> for StdioService {
    /// A panic beneath is an answer too: rmcp would never send one.
    async fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        AssertUnwindSafe(self.serve(request, context))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(Fault::new(None, Code::Panicked).error))
    }

    async fn handle_notification(
        &self,
        _: ClientNotification,
        _: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    fn get_info(&self) -> ServerConfig {
        ServerConfig::default()
    }
}
