//! What a session takes of what it fetches: each is verified, or the session ends or goes on without.

use brolly_protocol::board::Keys;
use brolly_protocol::directory::{Current, Directory};
use brolly_protocol::log::Window;
use brolly_protocol::onion::Layer;

use super::{Known, LogError, OK, Session, SessionError};
use crate::index::{IndexError, Kind};

impl Session {
    pub(super) fn directory_of(
        &mut self,
        clock: u64,
        status: u16,
        body: &[u8],
    ) -> Result<Known, SessionError> {
        if status != OK {
            return Err(SessionError::NoDirectory(status));
        }
        let Current { directory, .. } = self.state.accept(body, clock)?;
        let now = self.state.now(clock);
        directory
            .relay_of_layer_with_key(Layer::Entry, &self.entrance.key)
            .ok_or(SessionError::NotAnEntry)?;
        Ok(Known {
            directory,
            now,
            keys: Keys::new(),
        })
    }

    pub(super) fn keys_of(
        &mut self,
        known: &mut Known,
        status: u16,
        body: &[u8],
    ) -> Result<Result<(), IndexError>, SessionError> {
        if status != OK {
            return Ok(Err(IndexError::NotThere(Kind::Keys, status)));
        }
        match self.state.accept_keys(body, &known.directory) {
            Err(error @ IndexError::Forked(_)) => Err(SessionError::Index(error)),
            Err(error) => Ok(Err(error)),
            Ok(()) => {
                known.keys = self.state.keys();
                Ok(Ok(()))
            }
        }
    }

    /// A window that is missing or wrong is the relay's fault, and the session goes on without. One that the witnesses
    /// signed and that does not continue what was seen is not.
    pub(super) fn window_of(
        &mut self,
        directory: &Directory,
        status: u16,
        body: &[u8],
    ) -> Result<Result<Window, LogError>, SessionError> {
        if status != OK {
            return Ok(Err(LogError::NotThere(status)));
        }
        let window = match Window::verify(body, directory) {
            Ok(window) => window,
            Err(error) => return Ok(Err(error.into())),
        };
        self.state
            .accept_window(&window, directory)
            .map_err(SessionError::Log)?;
        Ok(Ok(window))
    }

    pub(super) fn alerts_of(
        &mut self,
        directory: &Directory,
        status: u16,
        body: &[u8],
    ) -> Result<Result<(), IndexError>, SessionError> {
        if status != OK {
            return Ok(Err(IndexError::NotThere(Kind::Alerts, status)));
        }
        match self.state.accept_alerts(body, directory) {
            Err(error @ IndexError::Forked(_)) => Err(SessionError::Index(error)),
            taken => Ok(taken),
        }
    }
}
