//! The issuer's keys by month, and the projects it knows (SPEC §4.7).

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brolly_keys::blind::{BlindError, IssuerSecret};
use brolly_keys::file::{KeyFile, Kind};
use brolly_protocol::directory::RelayEntry;
use brolly_protocol::node::SchemeId;
use brolly_protocol::onion::Layer;
use brolly_protocol::token::IssuerPeriod;
use brolly_protocol::token::project::{ProjectId, secret_digest};
use brolly_shell::cli::Failure;
use brolly_shell::passphrase::Source as Passphrase;
use brolly_shell::{date, keyfile, process, random};
use clap::{Args, Subcommand, value_parser};
use rand_core::CryptoRng;
use serde::Serialize;

use crate::command::print;
use crate::directory::{Desk, Source};

/// The keys of so many months in the issuer's key file, the first one counted from January 1970; those that are not there
/// are drawn. Each takes seconds; `told` hears of it before.
///
/// # Errors
/// [`BlindError`].
pub fn draw_months(
    keys: &mut KeyFile,
    first: u32,
    count: u32,
    rng: &mut impl CryptoRng,
    told: &mut dyn FnMut(&str),
) -> Result<Vec<IssuerPeriod>, BlindError> {
    let months = first..first.saturating_add(count);
    months
        .map(|month| {
            if let Some(primes) = keys.issuer(month) {
                return Ok(period(month, &IssuerSecret::from_primes(primes)?));
            }
            let begins = date::iso(date::first_of(month));
            told(&format!(
                "drawing the issuer's key of the month from {begins} on"
            ));
            let secret = IssuerSecret::generate(rng)?;
            keys.insert_issuer(month, &secret.primes());
            Ok(period(month, &secret))
        })
        .collect()
}

/// The month of a time in seconds since 1970, counted from January 1970.
pub fn month(now: u64) -> u32 {
    date::month(date::of(now))
}

/// A month's key as the directory names it: from its first day to the third of the next month.
fn period(month: u32, secret: &IssuerSecret) -> IssuerPeriod {
    let begins = |month| u64::from(date::first_of(month)) * DAY;
    IssuerPeriod {
        period: month,
        from: begins(month),
        until: begins(month.saturating_add(1)) + OVERLAP,
        key: secret.public(),
    }
}

/// The projects as the issuer's program reads them.
#[derive(Debug, Serialize)]
pub struct Projects {
    project: Vec<Project>,
}

#[derive(Debug, Serialize)]
struct Project {
    name: String,
    /// Who set the secret last: no desk did yet.
    desk: String,
    digest: String,
    quota: u32,
    serial: u64,
}

impl Projects {
    /// No project yet.
    pub(crate) fn new() -> Self {
        Self {
            project: Vec::new(),
        }
    }

    /// Adds a project by the secret that its members get, of which the issuer learns the digest alone.
    pub(crate) fn add(&mut self, scheme: SchemeId, name: &str, secret: &[u8; 16], quota: u32) {
        let digest = secret_digest(scheme, ProjectId::of(scheme, name), secret);
        self.project.push(Project {
            name: name.to_owned(),
            desk: String::new(),
            digest: STANDARD.encode(digest),
            quota,
            serial: 0,
        });
    }

    /// The file's text.
    ///
    /// # Errors
    /// [`toml::ser::Error`], which does not happen.
    pub(crate) fn to_text(&self) -> Result<String, toml::ser::Error> {
        Ok(format!("{EXPLAINED}{}", toml::to_string(self)?))
    }
}

/// What is done about the issuer's keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Draw the issuer's keys of further months into its key file, and print their blocks for the draft
    #[command(after_help = "Examples:\n  \
        brolly-keys issuer extend --from directory-1.note --key identity.key\n\n\
        Run it where the issuer's key file is, best on its machine. The relay reads it at its next start.")]
    Extend(Extend),
}

#[derive(Debug, Args)]
pub(crate) struct Extend {
    /// The version before, signed by enough officers
    #[arg(long, value_name = "NOTE")]
    from: PathBuf,
    /// The issuer's key file, which is replaced by one with more keys
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// For how many months more
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u32).range(1..=24))]
    months: u32,
    #[command(flatten)]
    passphrase: Passphrase,
}

/// Why the issuer gets no keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ExtendError {
    /// No relay's key file.
    #[error("{} is the key file of no relay of this directory", .0.display())]
    NoRelay(PathBuf),
    /// An entry would see who asks.
    #[error(
        "{0} is an entry relay, which sees who asks for tokens: the issuer is a relay of layer 1 or 2"
    )]
    Entry(String),
}

#[derive(Serialize)]
struct Blocks {
    issuer: Keys,
}

#[derive(Serialize)]
struct Keys {
    keys: Vec<KeyBlock>,
}

#[derive(Serialize)]
struct KeyBlock {
    period: u32,
    from: u64,
    until: u64,
    modulus: String,
}

impl Command {
    pub(crate) fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        process::harden_command()?;
        match self {
            Self::Extend(extend) => extend.run(desk),
        }
    }
}

impl Extend {
    fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        let from = Source::signed(&self.from)?.directory;
        let header = keyfile::header(&self.key)?;
        let own = |relay: &&RelayEntry| {
            header.kind == Kind::Relay && relay.key.to_bytes() == header.public
        };
        let relay = from.relays.iter().find(own);
        let relay = relay.ok_or_else(|| ExtendError::NoRelay(self.key.clone()))?;
        if relay.layer == Layer::Entry {
            return Err(ExtendError::Entry(relay.name.clone()).into());
        }
        let comes = relay.id != from.issuer.relay;
        let prompt = format!("Passphrase of the relay {}: ", header.name);
        let passphrase = self.passphrase.read(&prompt)?;
        let mut keys = keyfile::read(&self.key, &passphrase)?;
        // Months that the file has and the directory does not were drawn before, and their blocks got lost.
        let last = from.issuer.keys.last().filter(|_| !comes);
        let next = last.map_or(0, |held| held.period.saturating_add(1));
        let first = next.max(month(desk.now));
        // With nobody to read it the keys are made all the same.
        let mut told = |step: &str| drop(writeln!(desk.progress, "{step}"));
        let drawn = draw_months(
            &mut keys,
            first,
            self.months,
            &mut random::system(),
            &mut told,
        )
        .map_err(Failure::failed)?;
        keyfile::replace(&self.key, &keys, &passphrase)?;
        let blocks = Blocks {
            issuer: Keys {
                keys: drawn.iter().map(KeyBlock::new).collect(),
            },
        };
        let blocks = toml::to_string(&blocks).map_err(Failure::failed)?;
        let explained = if comes {
            let key = STANDARD.encode(relay.key.to_bytes());
            format!("{MOVING}# relay = \"{key}\"\n")
        } else {
            STAYING.to_owned()
        };
        print(desk.out, &format!("{explained}{blocks}"))
    }
}

impl KeyBlock {
    fn new(held: &IssuerPeriod) -> Self {
        Self {
            period: held.period,
            from: held.from,
            until: held.until,
            modulus: STANDARD.encode(held.key.modulus()),
        }
    }
}

impl From<ExtendError> for Failure {
    fn from(error: ExtendError) -> Self {
        Self::refused(error)
    }
}

const STAYING: &str =
    "# Paste these blocks into the draft of the next directory, behind those of the same name.\n";
const MOVING: &str = "\
# This relay is not the issuer yet. Copy data/issuer/projects.toml of the issuer to it before the next version takes effect.
# In the draft put these blocks in the place of all [[issuer.keys]], and under [issuer] write:
";
const EXPLAINED: &str = "\
# The projects whose members get tokens: the digest of each one's secret, and how many tokens a day they get all together.
# Change it with `brolly-relay project`.
";
const DAY: u64 = 86_400;
/// Three days.
const OVERLAP: u64 = 3 * DAY;
