//! What is left of a part that was pruned: a file without content, whose name says where the part ended.
//!
//! `20261121T130207Z-51c0.jsonl.3.pruned-812-4a…`: the part 3 ended with event 812, and the rest is a
//! digest of that, made as the chain of whoever pruned it. So the run may begin behind that part, for as long as
//! anything of it is there; the event that told of it is in a file that will be pruned too.

use std::fmt;

use super::{
    chain::{Chain, Digest},
    files::FileName,
};

const INFIX: &str = ".pruned-";

/// One of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Mark {
    /// The part that is gone.
    pub(super) part: FileName,
    /// The number of its last event; 0 if it had none that could be read.
    pub(super) last_seq: u64,
    proof: Digest,
}

impl Mark {
    /// For a part that ended with this event.
    pub(super) fn new(part: FileName, last_seq: u64, chain: &Chain) -> Self {
        let proof = prove(&part, last_seq, chain);
        Self { part, last_seq, proof }
    }

    /// Reads the name of one.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (part, rest) = name.split_once(INFIX)?;
        let (seq, proof) = rest.split_once('-')?;
        Some(Self {
            part: FileName::parse(part)?,
            last_seq: seq.parse().ok()?,
            proof: Digest::parse(proof.as_bytes())?,
        })
    }

    /// Whether somebody with this chain made it.
    pub(super) fn is_by(&self, chain: &Chain) -> bool {
        self.proof == prove(&self.part, self.last_seq, chain)
    }
}

/// No line of a log begins like this, so nobody can have the server make one by chance.
fn prove(part: &FileName, last_seq: u64, chain: &Chain) -> Digest {
    chain.digest(format!("pruned 1 {part} {last_seq}").as_bytes())
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, last_seq, proof } = self;
        write!(f, "{part}{INFIX}{last_seq}-{proof}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::chain::ChainKey;

    #[test]
    fn a_mark_is_read_back_and_proves_its_part_and_number_only() {
        let part = FileName::parse("20261121T130207Z-51c0.jsonl.3").unwrap();
        let keyed = Chain::Keyed(ChainKey::new(b"a key").unwrap());
        for chain in [Chain::Plain, keyed.clone()] {
            let mark = Mark::new(part.clone(), 812, &chain);
            let name = mark.to_string();
            assert_eq!(Mark::parse(&name).unwrap(), mark);
            assert!(mark.is_by(&chain) && FileName::parse(&name).is_none());
            assert!(!Mark::parse(&name.replace("-812-", "-813-")).unwrap().is_by(&chain));
            assert!(!Mark::parse(&name.replace("jsonl.3", "jsonl.4")).unwrap().is_by(&chain));
        }
        assert!(!Mark::new(part, 812, &Chain::Plain).is_by(&keyed));
        for not in ["20261121T130207Z-51c0.jsonl.pruned-1-", "x.pruned-1-00", "20261121T130207Z-51c0.jsonl"] {
            assert_eq!(Mark::parse(not), None, "{not}");
        }
    }
}
