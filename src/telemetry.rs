//! Diagnostics: for whoever runs the server, never for a client.
//!
//! They go to stderr and, in stdio mode, to a daily file besides, because
//! hosts hide stderr. Nothing here ever writes to stdout. Both writers drop
//! rather than wait, and what they drop is counted: [`Diagnostics::dropped`].
