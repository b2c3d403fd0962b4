//! Brolly's keys: one cipher suite, keys typed by the role that holds them, signed notes, key-file bytes.
//!
//! ```text
//!            role   Relay · Desk · Reply · Authority · Log · Witness
//!              │
//!   ┌──────────┼───────────────┐
//!   ▼          ▼               ▼
//!  pair       sign            file, vault  passphrase ─Argon2id─▶ key ─ChaCha20Poly1305─▶ bytes
//!   │ X-Wing   │ Ed25519        (bytes only: a shell writes them)     share  a key in several hands
//!   ▼          ▼
//!  suite      note  k-of-n C2SP signed notes     commit  committed bodies     epoch  keys that expire
//!   │ HPKE: seal, open                            blind  RFC 9474: an issuer signs what it does not see
//!   ├─ reference  opening by RustCrypto: what a browser runs
//!   └─ native     opening by aws-lc (feature `aws-lc`): what daemons and desks run
//! ```
//!
//! The crate has no clock, file, socket or randomness of its own: time and an RNG are arguments.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
// A lock that is written once: aws-lc's form of a key is made when it is first needed.
#[cfg(any(test, feature = "aws-lc"))]
extern crate std;

pub mod blind;
pub mod commit;
pub mod epoch;
pub mod file;
pub mod note;
pub mod pair;
pub mod role;
pub mod share;
pub mod sign;
pub mod suite;
pub mod vault;
