//! What a worker's device does, without files, sockets, clock or global randomness.
//!
//! ```text
//!   photograph (any bytes) ──▶ photo::prepare ──▶ pixels only, a JPEG that fits one cell ─┐
//!   narrative (her words)  ──▶ scrub::findings ─▶ warnings: "this looks like an e-mail"   │
//!   draft (TOML, answers)  ──▶ compose ◀──────────────────────────────────────────────────┘
//!                                │ preview: what each desk will see; wait: how long it takes
//!                                ▼
//!             at once, or in its turn from the outbox, where it waits until its receipt is in the log
//!                                ▼
//!   state ──▶ session: directory, keys, window, alerts, tokens, one packet (the same whatever it is for) ──▶ state
//!                                │ the ends of both logs                                                       │
//!   receipt code ──────────────▶ check ──▶ not published yet, in the log, read, answered                       ▼
//!         └────────────────────▶ archive: the same from a mirror's folder         a number or name ──▶ lookup ◀── alerts
//! ```
//!
//! Features, all on by default: `archive` reads a mirror's folder, `report` composes, `decode` reads photographs from their files,
//! `toml` reads drafts from theirs. A browser decodes photographs itself; a relay's canaries carry no report.

pub mod alerts;
#[cfg(feature = "archive")]
pub mod archive;
pub mod check;
#[cfg(feature = "report")]
pub mod compose;
#[cfg(feature = "report")]
pub mod draft;
#[cfg(test)]
mod fake;
pub mod index;
pub mod letter;
pub mod lookup;
pub mod outbox;
pub mod page;
#[cfg(feature = "report")]
pub mod photo;
#[cfg(feature = "report")]
pub mod preview;
#[cfg(feature = "report")]
pub mod scrub;
pub mod session;
pub mod state;
pub mod wait;
