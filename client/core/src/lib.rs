//! What a worker's device does, without files, sockets, clock or global randomness.
//!
//! ```text
//!   photograph (any bytes) ──▶ photo::prepare ──▶ pixels only, a JPEG that fits one cell ─┐
//!   narrative (her words)  ──▶ scrub::findings ─▶ warnings: "this looks like an e-mail"   │
//!   draft (TOML, answers)  ──▶ compose ◀──────────────────────────────────────────────────┘
//!                                │ preview: what each desk will see
//!                                ▼
//!   state ──▶ session: directory, keys, log, one packet (report or cover, the same from outside) ──▶ state
//!                                │ log
//!   receipt code ──────────────▶ check ──▶ not published yet, or in the log at its place
//! ```

pub mod check;
pub mod compose;
pub mod draft;
#[cfg(test)]
mod fake;
pub mod photo;
pub mod preview;
pub mod scrub;
pub mod session;
pub mod state;
