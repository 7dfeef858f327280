//! The line every call walks, on one screen.
//!
//! ```text
//! Entry → offer → Permit → Ready → Draft → Released → event
//! ```
//!
//! The types carry the proof: a step that is left out does not compile. The
//! entry is opened first and closes itself when it is dropped, so a call that
//! panics, times out or loses its client is on record like any other.

mod offer;
mod turns;
mod within;

use std::{fmt, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;

pub use offer::{Completes, Offers, Target};
pub use turns::Turns;

use crate::{
    caller::{Caller, Client},
    events::{CallId, Ending, Facts, Recorder},
    guard::{Guard, Released},
    policy::{Policy, seats::Seats},
    refusal::Refusal,
    sandbox::World,
    shutdown::Tasks,
    tools::{
        CallContext,
        context::{Declared, Notices},
    },
    trace::TraceContext,
};

/// A call as a door hands it over: nothing is proven yet.
#[derive(Debug)]
pub struct Call {
    /// Who calls.
    pub caller: Arc<Caller>,
    /// What the client says of itself.
    pub client: Client,
    /// What is called, with what.
    pub target: Target,
    /// Bytes of the message.
    pub bytes: usize,
    /// Whose trace it belongs to.
    pub trace: Option<TraceContext>,
    /// Where notices go.
    pub notices: Notices,
    /// What the client declared.
    pub declared: Declared,
    /// Cancelled when the client goes away or says so.
    pub cancel: CancellationToken,
}

/// How a call ended, and under which id it is on record.
#[derive(Debug)]
pub struct Answer {
    /// The result, or why there is none.
    pub result: Result<Released, Refusal>,
    /// The id all events of the call share.
    pub call: CallId,
}

/// The line, and everything it needs.
pub struct Dispatcher {
    /// What can be called.
    pub offers: Offers,
    /// Who may.
    pub policy: Policy,
    /// How many at once.
    pub seats: Seats,
    /// How many of them on a thread at once.
    pub turns: Turns,
    /// What can be reached.
    pub world: World,
    /// What may leave.
    pub guard: Guard,
    /// What is written down.
    pub events: Recorder,
    /// What runs.
    pub tasks: Tasks,
}

impl Dispatcher {
    /// Walks the line. Whatever happens, exactly one ending event is written,
    /// and it is down before this returns.
    pub async fn call(&self, mut call: Call) -> Answer {
        let alias = call.target.settle(&self.offers.tools);
        let entry = self.events.begin(facts(&call));
        let id = entry.call().clone();
        let context = CallContext::new(Arc::clone(&call.caller), self.tasks.clone(), call.cancel.clone())
            .called(&id.0)
            .listening(call.notices.clone(), call.declared.clone())
            .marking(Arc::clone(&self.guard.marker));
        let details = context.details();
        if let Some(alias) = alias {
            details.set("called_as", alias);
        }
        // What a tool brings (its arguments' types, a source's own words) runs in
        // here too, before its run has a task to end.
        let walk = AssertUnwindSafe(self.walk(call, context, &entry)).catch_unwind();
        let result = walk.await.unwrap_or(Err(Refusal::Panicked));
        let result = result.map_err(|refusal| self.guard.refused(refusal));
        let ending = match &result {
            Ok(released) => {
                let (bytes, withheld) = (released.bytes(), released.withheld());
                let ending = match released.failure() {
                    Some(code) => Ending::said_no(code, bytes, details.take()),
                    None => Ending::ok(bytes, details.take()),
                };
                ending.withholding(withheld.bytes, withheld.blocks).marking(released.marked())
            }
            Err((refusal, marked)) => Ending::refused(refusal, details.take()).marking(marked),
        };
        let result = result.map_err(|(refusal, _)| refusal);
        match entry.finish(ending).await {
            Ok(()) => Answer { result, call: id },
            Err(refusal) => Answer { result: Err(refusal), call: id },
        }
    }

    async fn walk(
        &self,
        call: Call,
        context: CallContext,
        entry: &crate::events::Entry,
    ) -> Result<Released, Refusal> {
        let offer = self.offers.find(&call.target, &self.world)?;
        let permit = self.policy.admit(&call.caller, offer.subject(), call.target.likeness())?;
        let lane = offer.lane()?;
        let effect = offer.subject().effect;
        let ready = offer.prepare(permit, &call.caller, call.target, &self.world)?;
        let seat = within::seat(&self.seats, &call.caller.identity, &call.cancel).await?;
        if effect.is_announced() {
            entry.announce().await?;
        }
        let context = context.in_lane(lane.clone());
        let draft = within::deadline(self, ready, context, lane, call.cancel, seat).await?;
        Ok(self.guard.release(draft))
    }
}

fn facts(call: &Call) -> Facts {
    Facts {
        caller: Arc::clone(&call.caller),
        client: call.client.clone(),
        method: call.target.method(),
        name: call.target.name().to_owned(),
        bytes_in: call.bytes,
        trace: call.trace,
    }
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher").field("offers", &self.offers).finish_non_exhaustive()
    }
}
