//! The digest of the tool table, so that a changed tool is noticed.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::lists;
use crate::{caller::Caller, policy::Policy, sandbox::World, tools::Catalog};

/// SHA-256, in lower-case hex, over the JSON of the `tools/list` array that a
/// caller without restrictions is sent.
#[must_use]
pub fn tools_sha256(tools: &Catalog, policy: &Policy, world: &World) -> String {
    let everyone = Caller::console();
    let tools: Vec<_> = tools.offered(&everyone, policy, world).map(lists::tool).collect();
    // Definitions are names, texts and schemas, all of which encode.
    let json = serde_json::to_vec(&tools).unwrap_or_default();
    HEXLOWER.encode(&Sha256::digest(json))
}
