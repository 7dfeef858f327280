//! stub: see the contract
