//! From a configuration to a running server, and back to nothing.
//!
//! The order matters. While one thread runs: the configuration is read, the
//! roots are opened, the listener is bound. Then the event writer starts, then
//! diagnostics, then the runtime. What comes before may refuse the start;
//! what comes after has nothing left to open.
