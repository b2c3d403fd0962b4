//! Handing the next version in at the inbox.

use std::path::PathBuf;
use std::time::Duration;

use brolly_protocol::directory::Directory;
use brolly_protocol::wire::DIRECTORY;
use brolly_shell::cli::Failure;
use brolly_shell::http::client::{Link, Reply};
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::tls;
use clap::Args;
use serde::Serialize;

use super::{Desk, Source, paragraph};
use crate::command::{json, print};
use crate::inspect::{harmless, hex};
use crate::time::{moment, span};

#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// The next version, signed by enough officers
    #[arg(value_name = "NOTE")]
    note: PathBuf,
    /// The version in force: it says where the inbox is and which key it shows
    #[arg(long, value_name = "NOTE")]
    directory: PathBuf,
    /// Print one JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// A version that the inbox took.
#[derive(Serialize)]
struct Published {
    version: u32,
    digest: String,
    inbox: String,
    effective: u64,
}

impl Publish {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        let current = Source::signed(&self.directory)?.directory;
        let next = Source::signed(&self.note)?;
        let refused =
            |error| Failure::refused(harmless(&format!("{}: {error}", self.note.display())));
        let bytes = next.note.to_string();
        Directory::verify(bytes.as_bytes(), current.scheme, desk.now, current.version)
            .map_err(refused)?;
        next.directory.follows(&current).map_err(refused)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::failed)?;
        let reply = runtime.block_on(post(&current, bytes.into()))?;
        accepted(&reply, &current.inbox.address)?;
        let wait = current.parameters.effective_after;
        let published = Published {
            version: next.directory.version,
            digest: hex(&next.directory.digest),
            inbox: current.inbox.address.clone(),
            effective: desk.now.saturating_add(wait),
        };
        if self.json {
            return print(desk.out, &json(&published)?);
        }
        let Published {
            version,
            inbox,
            effective,
            ..
        } = &published;
        let text = format!(
            "The inbox at {inbox} took version {version} and shows it to everybody. It takes effect {} after it was logged, about {}.",
            span(u128::from(wait) * 1_000),
            moment(*effective)
        );
        print(desk.out, &paragraph(&[text]))
    }
}

async fn post(current: &Directory, note: Bytes) -> Result<Reply, Failure> {
    let inbox = &current.inbox;
    let pinned = tls::client(&inbox.key.to_bytes(), None);
    let link = Link::new(inbox.address.clone(), pinned, None);
    let reply = link.send(Method::POST, DIRECTORY, note, ANSWER, PATIENCE);
    Ok(reply.await?)
}

/// The inbox's own sentence where it does not take the version.
fn accepted(reply: &Reply, address: &str) -> Result<(), Failure> {
    if reply.status == StatusCode::ACCEPTED {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&reply.body);
    let said = harmless(said.trim());
    let sentence = match said.as_str() {
        "" => format!(
            "the inbox at {address} did not take it: it answered {}",
            reply.status
        ),
        said => format!("the inbox at {address} did not take it: {said}"),
    };
    if reply.status.is_server_error() || reply.status == StatusCode::TOO_MANY_REQUESTS {
        Err(Failure::network(sentence).hint("try again in a minute"))
    } else {
        Err(Failure::refused(sentence))
    }
}

/// The longest answer that is read, in bytes.
const ANSWER: usize = 4_096;
const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
