//! `brolly join`.

use brolly_client::session::Cargo;
use brolly_client::state::State;
use brolly_protocol::directory::Purpose;
use brolly_protocol::invite::Invitation;
use brolly_shell::cli::Failure;
use serde_json::json;

use crate::command::Join;
use crate::report::DRILL;
use crate::talk::Talk;
use crate::{Device, outbox, print};

/// Takes an invitation, fetches and checks the scheme's directory from a way in that it names, and keeps both.
///
/// From outside it is a look-up like any other.
pub(crate) fn run(device: &Device, options: &Join) -> Result<(), Failure> {
    let mut talk = Talk::stdio();
    let invitation = if options.link == "-" {
        let line = talk.line("Paste the invitation and press Enter: ")?;
        Invitation::from_link(&line)
    } else {
        talk.say("The invitation now stands in your shell's history; `brolly join -` avoids that.");
        Invitation::from_link(&options.link)
    }
    .map_err(Failure::failed)?;
    let before = match device.home.find() {
        // Replacing does not need what was there to be whole.
        Err(_) if options.replace => None,
        found => found?,
    };
    let state = match before.clone() {
        Some(before) if before.invitation().scheme != invitation.scheme && !options.replace => {
            return Err(Failure::refused("you have joined another scheme already")
                .hint("to leave that one, add --replace; what you sent there can then not be checked from here, and what waits in the outbox is erased"));
        }
        Some(before) => before.invited(invitation),
        None => State::new(invitation),
    };
    let exchange = device.network.exchange(&state, &Cargo::Cover);
    let Some(directory) = exchange.directory else {
        return exchange.sent;
    };
    let scheme = |state: &State| state.invitation().scheme;
    match &before {
        Some(before) if scheme(before) != scheme(&exchange.state) => outbox::renew(&device.home)?,
        _ => outbox::ensure(&device.home)?,
    }
    device.home.keep(before.as_ref(), &exchange.state)?;
    let project = &exchange.state.invitation().project;
    if options.json {
        let joined = json!({
            "joined": true,
            "scheme": directory.scheme.to_string(),
            "name": directory.name,
            "project": project,
            "version": directory.version,
            "drill": directory.purpose == Purpose::Drill,
        });
        return print(&joined.to_string());
    }
    if directory.purpose == Purpose::Drill {
        talk.say(DRILL);
    }
    print(&format!(
        "You have joined {}, through {project}. Its directory is version {}, signed by its officers.\n\
         Next: `brolly report`, or `brolly --help`.",
        directory.name, directory.version
    ))
}
