//! The worker's page: what `brolly` does, in a browser, by the same code.
//!
//! ```text
//!  JavaScript            binding (wasm-bindgen)      view                          brolly-client
//!  a timer, fetch  ────▶ Page: numbers, bytes,  ───▶ View: JSON in and out,   ───▶ page::Page: visits, sessions, outbox
//!  screens, words  ◀──── strings, nothing else  ◀─── codes instead of words   ◀─── alerts, lookup, check, compose
//!
//!  build-page (a program):  web/page/* + this crate as WebAssembly + l10n/*.ftl ──▶ the folder that relays serve
//! ```
//!
//! No text for people is in here but what desks wrote: the page has a code for everything, and its own words in her language.

pub mod binding;
mod draft;
mod error;
#[cfg(test)]
#[path = "../../client/core/src/fake.rs"]
mod fake;
#[cfg(feature = "measure")]
pub mod measure;
mod news;
mod standing;
mod status;
pub mod view;
