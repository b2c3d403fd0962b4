//! The inbox as exits, desks and everybody else meet it: over TLS, and as a process that is killed.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a shell: clocks, files and sockets are its work"
)]

#[cfg(test)]
mod directory;
#[cfg(test)]
mod http;
#[cfg(test)]
mod process;
#[cfg(test)]
mod scheme;
