//! Newcomers to a scheme that exists: a relay or a desk gets its folder, and the officers the block for their draft.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brolly_protocol::directory::{DeskEntry, Directory, RelayEntry};
use brolly_protocol::invite::Invitation;
use brolly_protocol::report::Slot;
use brolly_shell::cli::Failure;
use brolly_shell::passphrase::Source as Passphrase;
use brolly_shell::{process, random};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::command::{full, patiently, print};
use crate::directory::{Desk, Source, paragraph};
use crate::folder;
use crate::holder::{Holder, draw_desk, draw_relay};
use crate::inspect::{harmless, read};
use crate::layout;
use crate::plan::{self, Address, Name, Place, Words};

/// Who comes.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Draw the keys of a new relay into a folder, and print its block for the draft of the next directory
    #[command(after_help = "Examples:\n  \
        brolly-keys add relay halifax --layer 1 --address halifax.example:443 --listen 0.0.0.0:443 \\\n    \
        --operator \"Halifax Outreach\" --kind charity --from directory-1.note --out halifax")]
    Relay(AddRelay),
    /// Draw the keys of a new desk into a folder, and print its block for the draft of the next directory
    #[command(after_help = "Examples:\n  \
        brolly-keys add desk leeds-desk --slot project --area Leeds --invitation Leeds.txt \\\n    \
        --from directory-1.note --out leeds-desk")]
    Desk(AddDesk),
}

#[derive(Debug, Args)]
pub(crate) struct AddRelay {
    /// Its name: letters, digits and hyphens
    #[arg(value_name = "NAME")]
    name: Name,
    /// 0 takes reports from workers, 1 mixes, 2 delivers to the inbox
    #[arg(long, value_name = "N", value_parser = layer)]
    layer: Place,
    /// host:port under which others reach it
    #[arg(long, value_name = "HOST:PORT")]
    address: Address,
    /// Where it listens itself; needed if the address is a name and not a number
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Who runs it
    #[arg(long, value_name = "NAME")]
    operator: Words,
    /// What kind of organisation that is: no path stays within one kind
    #[arg(long, value_name = "KIND")]
    kind: Words,
    #[command(flatten)]
    newcomer: Newcomer,
}

#[derive(Debug, Args)]
pub(crate) struct AddDesk {
    /// Its name: letters, digits and hyphens
    #[arg(value_name = "NAME")]
    name: Name,
    /// scheme, police, specialist or project
    #[arg(long, value_name = "SLOT", value_parser = slot)]
    slot: Slot,
    /// The area of a specialist desk, or the project of a project's desk
    #[arg(long, value_name = "AREA")]
    area: Option<Words>,
    /// It may publish alerts to all members
    #[arg(long)]
    alerts: bool,
    /// Any invitation to the scheme: it holds the members' root, which every desk needs for alerts
    #[arg(long, value_name = "FILE")]
    invitation: PathBuf,
    #[command(flatten)]
    newcomer: Newcomer,
}

#[derive(Debug, Args)]
struct Newcomer {
    /// The version in force, signed by enough officers
    #[arg(long, value_name = "NOTE")]
    from: PathBuf,
    /// The folder to make; it must not exist yet, or be empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    passphrase: Passphrase,
}

/// Why nobody is added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AddError {
    /// The name is taken.
    #[error("the directory has a {kind} called {name} already: choose another name")]
    Taken {
        /// Relay or desk.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// The file given is no invitation, or to another scheme.
    #[error("{} is no invitation to this scheme: name the file of any project in invitations/", .0.display())]
    Invitation(PathBuf),
}

/// A draft with a relay alone.
#[derive(Serialize)]
struct Relays<'a> {
    relays: [RelayBlock<'a>; 1],
}

/// A draft with a desk alone.
#[derive(Serialize)]
struct Desks<'a> {
    desks: [DeskBlock<'a>; 1],
}

#[derive(Serialize)]
struct RelayBlock<'a> {
    name: &'a str,
    layer: u8,
    address: &'a str,
    operator: &'a str,
    kind: &'a str,
    key: String,
    witness: String,
}

#[derive(Serialize)]
struct DeskBlock<'a> {
    name: &'a str,
    slot: Slot,
    area: &'a str,
    alerts: bool,
    key: String,
}

impl Command {
    pub(crate) fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        process::harden_command()?;
        match self {
            Self::Relay(relay) => relay.run(desk),
            Self::Desk(add) => add.run(desk),
        }
    }
}

impl AddRelay {
    fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        let from = self.newcomer.from()?;
        let name = self.name.as_str();
        let mut known = from.relays.iter().map(|relay| relay.name.as_str());
        free_name("relay", name, &mut known)?;
        let planned = plan::Relay {
            name: self.name,
            layer: self.layer,
            address: self.address,
            listen: self.listen,
            operator: self.operator,
            kind: self.kind,
        };
        let (entry, holder) = draw_relay(&planned, &mut random::system())?;
        self.newcomer
            .make(&from, &holder, &relay_block(&entry)?, desk)
    }
}

impl AddDesk {
    fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        let from = self.newcomer.from()?;
        let name = self.name.as_str();
        let mut known = from.desks.iter().map(|desk| desk.name.as_str());
        free_name("desk", name, &mut known)?;
        let members = members(&self.invitation, &from)?;
        let planned = plan::Desk {
            name: self.name,
            slot: self.slot,
            area: self.area,
            alerts: Some(self.alerts),
        };
        let (entry, holder) = draw_desk(&planned, &members, &mut random::system());
        self.newcomer
            .make(&from, &holder, &desk_block(&entry)?, desk)
    }
}

impl Newcomer {
    fn from(&self) -> Result<Directory, Failure> {
        folder::check(&self.out)?;
        Ok(Source::signed(&self.from)?.directory)
    }

    /// Seals the keys, makes the folder, and prints the block.
    fn make(
        &self,
        from: &Directory,
        holder: &Holder,
        block: &str,
        desk: &mut Desk<'_>,
    ) -> Result<(), Failure> {
        let prompt = format!("Passphrase for the {}: ", holder.title());
        let passphrase = patiently(|| self.passphrase.choose(&prompt), desk.progress)?;
        let file = self.passphrase.file.as_deref().map(full).transpose()?;
        let sealed = holder
            .seal(&passphrase, &mut random::system())
            .map_err(Failure::failed)?;
        let files =
            layout::newcomer(holder, from, &sealed, file.as_deref()).map_err(Failure::failed)?;
        folder::create(&self.out, &files)?;
        let out = self.out.display();
        let lines = [
            format!("# Made the keys of the {} in {out}.", holder.title()),
            "# Paste this block into the draft of the next directory. When that is signed by enough officers, put it into"
                .to_owned(),
            format!("# {out} as {} and move the folder to its machine.", layout::DIRECTORY),
        ];
        print(desk.out, &(paragraph(&lines) + block))
    }
}

fn free_name<'a>(
    kind: &'static str,
    name: &str,
    known: &mut impl Iterator<Item = &'a str>,
) -> Result<(), AddError> {
    if known.any(|known| known.eq_ignore_ascii_case(name)) {
        return Err(AddError::Taken {
            kind,
            name: name.to_owned(),
        });
    }
    Ok(())
}

/// The members' root in an invitation to the scheme.
fn members(path: &Path, from: &Directory) -> Result<zeroize::Zeroizing<[u8; 32]>, Failure> {
    let (bytes, _) = read(path)?;
    let bytes = zeroize::Zeroizing::new(bytes);
    let invitation = str::from_utf8(&bytes)
        .ok()
        .and_then(|text| Invitation::from_link(text).ok())
        .filter(|invitation| invitation.scheme == from.scheme)
        .ok_or_else(|| AddError::Invitation(path.to_owned()))?;
    Ok(zeroize::Zeroizing::new(invitation.members))
}

fn relay_block(relay: &RelayEntry) -> Result<String, Failure> {
    let block = RelayBlock {
        name: &relay.name,
        layer: relay.layer.number(),
        address: &relay.address,
        operator: &relay.operator,
        kind: &relay.kind,
        key: STANDARD.encode(relay.key.to_bytes()),
        witness: STANDARD.encode(relay.witness.to_bytes()),
    };
    toml::to_string(&Relays { relays: [block] }).map_err(Failure::failed)
}

fn desk_block(desk: &DeskEntry) -> Result<String, Failure> {
    let block = DeskBlock {
        name: &desk.name,
        slot: desk.slot,
        area: &desk.area,
        alerts: desk.alerts,
        key: STANDARD.encode(desk.key.to_bytes()),
    };
    toml::to_string(&Desks { desks: [block] }).map_err(Failure::failed)
}

fn layer(text: &str) -> Result<Place, String> {
    let number: u8 = text.parse().map_err(|_| "write 0, 1 or 2".to_owned())?;
    Place::try_from(number).map_err(|unfit| unfit.to_string())
}

fn slot(text: &str) -> Result<Slot, String> {
    let slots = [Slot::Scheme, Slot::Police, Slot::Specialist, Slot::Project];
    let names = ["scheme", "police", "specialist", "project"];
    let found = slots.into_iter().zip(names).find(|(_, name)| *name == text);
    found
        .map(|(slot, _)| slot)
        .ok_or_else(|| "write scheme, police, specialist or project".to_owned())
}

impl From<AddError> for Failure {
    fn from(error: AddError) -> Self {
        let sentence = harmless(&error.to_string());
        match error {
            AddError::Taken { .. } => Self::usage(sentence),
            AddError::Invitation(_) => Self::refused(sentence),
        }
    }
}
