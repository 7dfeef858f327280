//! `GET /security/codes`: what every word of the log means, for keys with
//! `events = true`.

use http::StatusCode;
use serde_json::{Value, json};
use warp::reply::Response;

use super::{
    gate::Pass,
    refuse::{Refused, json_response},
};
use crate::{caller::Caller, events::explain, refusal::Code};

/// Somebody who may ask.
#[derive(Debug)]
pub(super) struct Asked(());

impl Asked {
    /// For a caller who may.
    ///
    /// # Errors
    ///
    /// [`Code::KeyReach`] for a key that may not.
    pub(super) fn read(caller: &Caller) -> Result<Self, Refused> {
        if caller.reach.events { Ok(Self(())) } else { Err(Code::KeyReach.into()) }
    }
}

pub(super) async fn answer(_pass: Pass<Asked>) -> Response {
    let codes: Vec<Value> = explain::all().map(|word| json!(word)).collect();
    json_response(StatusCode::OK, json!({ "v": 1, "codes": codes }).to_string())
}
