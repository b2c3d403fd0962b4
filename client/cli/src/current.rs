//! The directory that a command goes by.

use brolly_client::session::Cargo;
use brolly_client::state::State;
use brolly_keys::epoch::Epoch;
use brolly_keys::sign::Verified;
use brolly_protocol::directory::Directory;
use brolly_protocol::report::Slot;
use brolly_shell::cli::Failure;
use brolly_shell::clock;

use crate::Device;

/// The directory that is kept. If it has expired or the scheme's desk has no key for this week, a session of cover comes
/// first, for every command alike.
pub(crate) fn current(device: &Device) -> Result<(State, Verified<Directory>), Failure> {
    let state = device.home.load()?;
    let now = state.now(clock::now());
    if let Ok(directory) = state.directory(now) {
        let week = Epoch::at(now, directory.parameters.desk_epoch);
        let desk = directory.desk_for(Slot::Scheme, "", "");
        if desk.is_some_and(|desk| state.keys().desk(desk.id, week).is_some()) {
            return Ok((state, directory));
        }
    }
    let exchange = device.network.exchange(&state, &Cargo::Cover);
    device.home.keep(Some(&state), &exchange.state)?;
    match exchange.directory {
        Some(directory) => Ok((exchange.state, directory)),
        None => Err(exchange.sent.map_or_else(
            |failure| failure,
            |()| Failure::network("no relay gave a directory"),
        )),
    }
}
