//! The way of a session's one packet: its path, the tokens that pay for it, and what is posted (SPEC §5.4, §12.4).

use brolly_keys::epoch::Epoch;
use brolly_protocol::board::Keys;
use brolly_protocol::cell::{LetterError, SealedCell};
use brolly_protocol::directory::{Directory, PathError};
use brolly_protocol::geometry::{DELIVERED, ENTRY_PACKET, LAYERS, SUBMISSION, TOKEN, TOKENS};
use brolly_protocol::invite::{Entrance, Invitation};
use brolly_protocol::node::NodeId;
use brolly_protocol::onion::{self, Command, Hop, Layer};
use brolly_protocol::replay::Tag;
use brolly_protocol::token::project::ProjectId;
use brolly_protocol::token::request::{Pending, TokenRequest};
use brolly_protocol::token::{Token, period};
use rand::RngExt;
use rand_core::CryptoRng;

use super::{Cargo, Known, NotSent};

/// What pays for one cell: a token that is spent at the entry, and one that is spent at the inbox.
pub(super) struct Payment([[u8; TOKEN]; TOKENS]);

pub(super) struct Submission {
    /// `token 292 | packet 32,768`.
    pub(super) body: Vec<u8>,
    /// Why the report went out as nothing.
    pub(super) unsealed: Option<LetterError>,
    /// The tag by which a relay knows its canary again.
    pub(super) canary: Option<Tag>,
}

impl Payment {
    /// Asks for a token to be spent at the entry of every path from `entrance` and one to be spent at the inbox. Where there is no
    /// path nothing is asked.
    pub(super) fn ask(
        known: &Known,
        entrance: &Entrance,
        invitation: &Invitation,
        rng: &mut impl CryptoRng,
    ) -> Result<(Pending, Box<[u8]>), NotSent> {
        let Known {
            directory,
            now,
            keys,
        } = known;
        let [Hop { relay: entry, .. }, ..] = draw_path(directory, entrance, None, keys, *now, rng)?;
        let period = period::current(&directory.issuer.keys, *now).ok_or(NotSent::NoIssuer)?;
        let issuer = issuer(directory, keys, *now).ok_or(NotSent::NoIssuer)?;
        let request = TokenRequest {
            scheme: directory.scheme,
            issuer: &issuer,
            period,
            project: ProjectId::of(directory.scheme, &invitation.project),
            secret: &invitation.secret,
            places: [entry, directory.inbox.id],
        };
        let (request, pending) = request.seal(rng)?;
        Ok((pending, request))
    }

    /// Takes the issuer's answer.
    pub(super) fn of(pending: Pending, answer: &[u8]) -> Result<Self, NotSent> {
        Ok(Self(
            pending.finish(answer)?.map(|token: Token| token.to_bytes()),
        ))
    }

    /// Draws a path, seals and wraps what the cell carries, and puts the token for the entry before it.
    pub(super) fn submission(
        self,
        known: &Known,
        entrance: &Entrance,
        cargo: &Cargo,
        rng: &mut impl CryptoRng,
    ) -> Result<Submission, NotSent> {
        let Self([entry, inbox]) = self;
        let Known {
            directory,
            now,
            keys,
        } = known;
        let through = match cargo {
            Cargo::Canary(relay) => Some(*relay),
            Cargo::Report(_) | Cargo::Cover => None,
        };
        let path = draw_path(directory, entrance, through, keys, *now, rng)?;
        let canary = through.and_then(|relay| path.iter().position(|hop| hop.relay == relay));
        let scheme = directory.scheme;
        let week = Epoch::at(*now, directory.parameters.desk_epoch);
        let delivered = rng.random_range(0..directory.parameters.cover_deliver_one_in.max(1)) == 0;
        // One cell is sealed whatever is sent, and something is sent even where a report cannot be.
        let (cell, unsealed) = match cargo {
            Cargo::Report(letter) => match letter.seal(scheme, week, &inbox, keys, rng) {
                Ok(cell) => (Some(cell), None),
                Err(error) => {
                    SealedCell::cover(scheme, week, &inbox, rng)?;
                    (None, Some(error))
                }
            },
            Cargo::Cover | Cargo::Canary(_) => {
                let cover = SealedCell::cover(scheme, week, &inbox, rng)?;
                (Some(cover).filter(|_| delivered), None)
            }
        };
        if cell.is_some() {
            // What a Drop is filled with is drawn for the others too, so that each takes as long.
            rng.fill_bytes(&mut [0; DELIVERED]);
        }
        let command = match &cell {
            Some(cell) => Command::Deliver(directory.inbox.id, cell),
            None => Command::Drop,
        };
        let wrapped = onion::wrap(scheme, &path, command, rng)?;
        debug_assert_eq!(wrapped.packet.len(), ENTRY_PACKET);
        let mut body = Vec::with_capacity(SUBMISSION);
        body.extend_from_slice(&entry);
        body.extend_from_slice(&wrapped.packet);
        Ok(Submission {
            body,
            unsealed,
            canary: canary.and_then(|place| wrapped.tags.get(place).copied()),
        })
    }
}

/// Draws evenly among the paths that begin at this entrance, and cross the relay `through`.
fn draw_path(
    directory: &Directory,
    entrance: &Entrance,
    through: Option<NodeId>,
    keys: &Keys,
    now: u64,
    rng: &mut impl CryptoRng,
) -> Result<[Hop; LAYERS], PathError> {
    let entry = directory
        .relay_of_layer_with_key(Layer::Entry, &entrance.key)
        .ok_or(PathError::NoKeys)?;
    let through: Vec<NodeId> = [entry.id].into_iter().chain(through).collect();
    directory.draw_path_through(&through, keys, now, rng)
}

/// The relay that signs tokens, with its packet key of the epoch.
fn issuer(directory: &Directory, keys: &Keys, now: u64) -> Option<Hop> {
    let relay: NodeId = directory.issuer.relay;
    let epoch = Epoch::at(now, directory.parameters.packet_epoch);
    let key = keys.relay(relay, epoch)?.clone();
    Some(Hop { relay, epoch, key })
}
