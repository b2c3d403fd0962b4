//! The plan of a scheme: who is to hold keys, as TOML.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use brolly_protocol::directory::{self, Purpose};
use brolly_protocol::mix;
use brolly_protocol::onion::Layer;
use brolly_protocol::report::Slot;
use brolly_shell::config::{self, ConfigError};
use serde::Deserialize;

/// A plan that works: an annotated example.
pub const EXAMPLE: &str = include_str!("../plan.toml");

/// Who is to hold keys. [`Plan::load`] alone makes one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    pub(crate) name: Words,
    /// Where a worker's page turns when she leaves it at once.
    #[serde(default)]
    pub(crate) weather: String,
    #[serde(default = "real")]
    pub(crate) purpose: Purpose,
    #[serde(default = "most_days")]
    pub(crate) valid_days: u64,
    pub(crate) threshold: usize,
    pub(crate) officers: Vec<Officer>,
    pub(crate) relays: Vec<Relay>,
    pub(crate) inbox: Inbox,
    pub(crate) issuer: Issuer,
    pub(crate) desks: Vec<Desk>,
    pub(crate) projects: Vec<Name>,
    #[serde(default)]
    pub(crate) parameters: Parameters,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Officer {
    pub(crate) name: Name,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Relay {
    pub(crate) name: Name,
    pub(crate) layer: Place,
    pub(crate) address: Address,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) operator: Words,
    pub(crate) kind: Words,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inbox {
    pub(crate) address: Address,
    listen: Option<SocketAddr>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Issuer {
    pub(crate) relay: Name,
    /// For how many months it gets keys.
    #[serde(default = "four")]
    pub(crate) months: u32,
    /// How many tokens each project's members get a day.
    #[serde(default = "quota")]
    pub(crate) quota: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Desk {
    pub(crate) name: Name,
    pub(crate) slot: Slot,
    pub(crate) area: Option<Words>,
    /// Whether it may publish alerts; the scheme's caseworkers may unless this says otherwise.
    pub(crate) alerts: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Parameters {
    tick_ms: u64,
    release_ppm: u32,
    min_pool: usize,
    packet_epoch_seconds: u64,
    desk_epoch_seconds: u64,
    effective_after_seconds: u64,
    publish_ms: u64,
    window_entries: u32,
    calling_code: u16,
    cover_deliver_one_in: u32,
}

/// Why a plan cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The file itself, a key or a value.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A directory that would hold for longer than clients accept, or not at all.
    #[error("valid-days is {0}: a directory holds for 1 to 90 days")]
    Days(u64),
    /// More signatures wanted than there are officers, or none.
    #[error(
        "threshold is {threshold}, and the plan has {officers} officers: it must be between 1 and that"
    )]
    Threshold {
        /// Signatures wanted.
        threshold: usize,
        /// Officers there are.
        officers: usize,
    },
    /// The issuer is none of the relays, or could see who asks.
    #[error(
        "the issuer is {0}: name one of the relays, of layer 1 or 2, so that it does not see who asks for tokens"
    )]
    Issuer(String),
    /// No keys, or more than anybody plans for.
    #[error("the issuer has keys for {0} months: 1 to 24 will do, and 4 outlast the directory")]
    Months(u32),
    /// Two folders would be the same.
    #[error("there are two {group} called `{name}` (capital letters do not count): rename one")]
    SameName {
        /// Officers, relays, desks or projects.
        group: &'static str,
        /// The name.
        name: String,
    },
    /// Two programs cannot answer at one place.
    #[error("the address {0} is given twice: every relay and the inbox need their own")]
    SameAddress(String),
    /// A host name tells others where to connect, and not the program where to listen.
    #[error(
        "{holder} has the address {address}, which is a name: say on which address of its machine it listens, such as listen = \"0.0.0.0:443\""
    )]
    Listen {
        /// The relay or the inbox.
        holder: String,
        /// Its address.
        address: String,
    },
}

impl Plan {
    /// Reads a plan and checks all that can be checked without drawing keys.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn load(path: &Path) -> Result<Self, PlanError> {
        let plan: Self = config::load(path)?;
        plan.check()?;
        Ok(plan)
    }

    fn check(&self) -> Result<(), PlanError> {
        if !(1..=most_days()).contains(&self.valid_days) {
            return Err(PlanError::Days(self.valid_days));
        }
        if !(1..=self.officers.len()).contains(&self.threshold) {
            return Err(PlanError::Threshold {
                threshold: self.threshold,
                officers: self.officers.len(),
            });
        }
        distinct(
            "officers",
            self.officers.iter().map(|officer| &officer.name),
        )?;
        distinct("relays", self.relays.iter().map(|relay| &relay.name))?;
        distinct("desks", self.desks.iter().map(|desk| &desk.name))?;
        distinct("projects", self.projects.iter())?;
        let issuer = |relay: &&Relay| relay.name == self.issuer.relay;
        let issuer = self.relays.iter().find(issuer);
        if issuer.is_none_or(|relay| relay.layer.0 == Layer::Entry) {
            return Err(PlanError::Issuer(self.issuer.relay.0.clone()));
        }
        if !(1..=24).contains(&self.issuer.months) {
            return Err(PlanError::Months(self.issuer.months));
        }
        self.inbox.listen()?;
        let mut addresses = BTreeSet::from([self.inbox.address.0.to_ascii_lowercase()]);
        for relay in &self.relays {
            relay.listen()?;
            if !addresses.insert(relay.address.0.to_ascii_lowercase()) {
                return Err(PlanError::SameAddress(relay.address.0.clone()));
            }
        }
        Ok(())
    }
}

impl Relay {
    /// Where the relay's program listens.
    pub(crate) fn listen(&self) -> Result<SocketAddr, PlanError> {
        listen(
            &format!("the relay {}", self.name.0),
            &self.address,
            self.listen,
        )
    }
}

impl Inbox {
    /// Where the inbox's program listens.
    pub(crate) fn listen(&self) -> Result<SocketAddr, PlanError> {
        listen("the inbox", &self.address, self.listen)
    }
}

impl Parameters {
    /// The same for the directory.
    pub(crate) fn signed(&self) -> directory::Parameters {
        directory::Parameters {
            mix: mix::Parameters {
                tick_ms: self.tick_ms,
                release_ppm: self.release_ppm,
                min_pool: self.min_pool,
            },
            packet_epoch: self.packet_epoch_seconds,
            desk_epoch: self.desk_epoch_seconds,
            effective_after: self.effective_after_seconds,
            publish_ms: self.publish_ms,
            window: self.window_entries,
            calling_code: self.calling_code,
            cover_deliver_one_in: self.cover_deliver_one_in,
        }
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            tick_ms: 15_000,
            release_ppm: 45_455,
            min_pool: 80,
            packet_epoch_seconds: 86_400,
            desk_epoch_seconds: 604_800,
            effective_after_seconds: 172_800,
            publish_ms: 3_600_000,
            window_entries: 4_096,
            calling_code: 44,
            cover_deliver_one_in: 64,
        }
    }
}

/// A text in a plan that is not what its key is for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// Not fit to be a folder's name.
    #[error(
        "the name {0:?} does not do: use 1 to 40 letters a to z, digits and hyphens, and begin with a letter or digit"
    )]
    Name(String),
    /// Empty, long, or with line breaks.
    #[error("the text {0:?} does not do: use 1 to 80 characters on one line")]
    Words(String),
    /// Not `host:port`.
    #[error(
        "the address {0:?} does not do: write host:port, such as 127.0.0.1:4433 or relay.example:443"
    )]
    Address(String),
    /// No layer of the three.
    #[error(
        "layer {0} does not exist: 0 takes reports from workers, 1 mixes, 2 delivers to the inbox"
    )]
    Layer(u8),
}

macro_rules! checked_text {
    ($($(#[$doc:meta])* $name:ident if $fits:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
        #[serde(try_from = "String")]
        pub(crate) struct $name(String);

        impl $name {
            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = Unfit;
            fn from_str(text: &str) -> Result<Self, Unfit> {
                text.to_owned().try_into()
            }
        }

        impl TryFrom<String> for $name {
            type Error = Unfit;
            fn try_from(text: String) -> Result<Self, Unfit> {
                if $fits(&text) { Ok(Self(text)) } else { Err(Unfit::$name(text)) }
            }
        }
    )+};
}

checked_text! {
    /// A name that is also a folder's, here and on any other system.
    Name if fits_a_folder;
    /// A line for people to read.
    Words if fits_a_line;
    /// `host:port`.
    Address if fits_a_connection;
}

/// A layer by its number.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "u8")]
pub(crate) struct Place(pub(crate) Layer);

impl TryFrom<u8> for Place {
    type Error = Unfit;
    fn try_from(number: u8) -> Result<Self, Unfit> {
        Layer::ALL
            .into_iter()
            .find(|layer| layer.number() == number)
            .map(Self)
            .ok_or(Unfit::Layer(number))
    }
}

pub(crate) fn fits_a_folder(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

pub(crate) fn fits_a_line(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 80 && !text.contains(char::is_control)
}

pub(crate) fn fits_a_connection(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else {
        return false;
    };
    let numeric_v6 = text.parse::<SocketAddr>().is_ok_and(|a| a.is_ipv6());
    let name = !host.is_empty()
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
    text.len() <= 255 && port.parse::<u16>().is_ok_and(|port| port > 0) && (name || numeric_v6)
}

fn distinct<'a>(
    group: &'static str,
    names: impl Iterator<Item = &'a Name>,
) -> Result<(), PlanError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.0.to_ascii_lowercase()) {
            return Err(PlanError::SameName {
                group,
                name: name.0.clone(),
            });
        }
    }
    Ok(())
}

fn listen(
    holder: &str,
    address: &Address,
    given: Option<SocketAddr>,
) -> Result<SocketAddr, PlanError> {
    given
        .or_else(|| address.0.parse().ok())
        .ok_or_else(|| PlanError::Listen {
            holder: holder.to_owned(),
            address: address.0.clone(),
        })
}

fn most_days() -> u64 {
    90
}

fn four() -> u32 {
    4
}

fn quota() -> u32 {
    20_000
}

fn real() -> Purpose {
    Purpose::Real
}

#[cfg(test)]
mod tests;
