//! The relay's canaries: sent like any client, and what follows from those that come in and those that do not (SPEC §8.12).
//!
//! ```text
//! writer ──what the pool takes in──▶ Watch ──due──▶ Sender ──a whole session──▶ an entry ──▶ … ──▶ this relay's writer
//!    ▲                                  ▲              └─ its tag, before it is posted                    │
//!    └── the pool goes on, or holds     └────────────────────────── known again ◀─────────────────────────┘
//! ```

use std::path::PathBuf;
use std::str;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use brolly_client::session::{self, Cargo, Session, Transmit};
use brolly_client::state::State;
use brolly_protocol::canary::Canaries;
use brolly_protocol::invite::{Entrance, Invitation, InviteError};
use brolly_protocol::onion::Layer;
use brolly_protocol::replay::Tag;
use brolly_shell::http::Method;
use brolly_shell::http::client::{Link, LinkError, Reply, Socks5};
use brolly_shell::private::{self, PrivateError};
use brolly_shell::{clock, random, tls};
use rand_core::CryptoRng;
use tokio::sync::Notify;

use crate::assignment::Assignment;
use crate::config::Config;
use crate::journal::{Event, Journal};

/// Why no canaries can be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CanaryError {
    /// The file with the invitation.
    #[error(transparent)]
    File(#[from] PrivateError),
    /// It is none.
    #[error("{}: {reason}", path.display())]
    Invitation {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: InviteError,
    },
    /// It is one to somewhere else.
    #[error("{} is an invitation to another scheme: ask this scheme's umbrella for one", .0.display())]
    OtherScheme(PathBuf),
    /// No address of a proxy.
    #[error("`socks5` in the table [canary] is {0:?}, which is not an address: write host:port")]
    Proxy(String),
}

/// Whether this relay sends canaries, and nothing stands in the way of that here.
///
/// # Errors
/// [`CanaryError`].
pub fn check(config: &Config) -> Result<bool, CanaryError> {
    Ok(invited(config)?.is_some())
}

/// What the pool took in, which canaries came in, and whether that is as it should be.
pub(crate) struct Watch {
    told: Mutex<Told>,
    called: Notify,
    journal: Arc<Journal>,
    started: Instant,
}

struct Told {
    canaries: Canaries,
    alarm: bool,
}

impl Watch {
    /// Begins where packet epochs are so many seconds long. Milliseconds count from `started`.
    pub(crate) fn new(packet_epoch: u64, journal: Arc<Journal>, started: Instant) -> Self {
        Self {
            told: Mutex::new(Told {
                canaries: Canaries::new(packet_epoch, 0),
                alarm: false,
            }),
            called: Notify::new(),
            journal,
            started,
        }
    }

    /// Takes note of packets that the pool takes in, and says whether a canary of this relay is one of them.
    pub(crate) fn took(&self, tags: &[Tag], rng: &mut impl CryptoRng) -> bool {
        let now = self.now();
        let mut told = self.told();
        let mut came = false;
        for tag in tags {
            came |= told.canaries.handle_tag(tag, now);
            told.canaries.handle_packet(now, rng);
        }
        drop(told);
        self.called.notify_one();
        came
    }

    /// Takes note of a canary that is about to be posted.
    pub(crate) fn posting(&self, tag: Tag) {
        self.told().canaries.handle_sent(tag, self.now());
    }

    /// Tells whether canaries stay away, if that has changed since it was last told.
    pub(crate) fn tell(&self) {
        let mut told = self.told();
        let alarm = told.canaries.alarm();
        if told.alarm != alarm {
            let missing = usize::try_from(told.canaries.missing()).unwrap_or(usize::MAX);
            match alarm {
                true => self.journal.add(Event::CanariesMissing, missing),
                false => self.journal.add(Event::CanariesBack, 1),
            }
        }
        told.alarm = alarm;
    }

    /// Returns when a canary is to be sent, and counts it as missing.
    pub(crate) async fn due(&self) {
        loop {
            let now = self.now();
            let next = {
                let mut told = self.told();
                if told.canaries.handle_timeout(now) {
                    return;
                }
                told.canaries.poll_timeout()
            };
            let wait = Duration::from_millis(next.saturating_sub(now).min(LONGEST));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.called.notified() => {}
            }
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends canaries when they are due. What it knows of the scheme it keeps in memory alone.
pub(crate) struct Sender {
    watch: Arc<Watch>,
    assignment: Arc<Assignment>,
    state: State,
    via: Option<Socks5>,
}

impl Sender {
    /// What the configuration says about canaries. `None`: there are to be none.
    pub(crate) fn open(
        config: &Config,
        assignment: &Arc<Assignment>,
        journal: &Arc<Journal>,
        started: Instant,
    ) -> Result<Option<Self>, CanaryError> {
        let Some((invitation, via)) = invited(config)? else {
            return Ok(None);
        };
        let epoch = assignment.directory.parameters.packet_epoch;
        let watch = Watch::new(epoch, Arc::clone(journal), started);
        Ok(Some(Self {
            watch: Arc::new(watch),
            assignment: Arc::clone(assignment),
            state: State::new(invitation),
            via,
        }))
    }

    /// What it and the writer share.
    pub(crate) fn watch(&self) -> Arc<Watch> {
        Arc::clone(&self.watch)
    }

    /// Sends one after the other. Why one could not be sent makes no difference: it does not come in.
    pub(crate) async fn run(mut self) {
        loop {
            self.watch.due().await;
            let _ = tokio::time::timeout(PATIENCE, self.send()).await;
        }
    }

    /// Goes through sessions until a packet is posted, as many as a client would.
    async fn send(&mut self) {
        for entrance in self.entrances().into_iter().cycle().take(Session::TRIES) {
            let session = Session::new(self.state.clone(), entrance);
            let outcome = self.exchange(session).await.into_outcome();
            self.state = outcome.state;
            if outcome.posted {
                return;
            }
        }
    }

    /// An entry is its own way in; any other relay takes those that everybody takes.
    fn entrances(&self) -> Vec<Entrance> {
        let Assignment {
            directory,
            id,
            layer,
            ..
        } = &*self.assignment;
        match directory.relay(*id).filter(|_| *layer == Layer::Entry) {
            Some(relay) => vec![Entrance {
                key: relay.key.to_bytes(),
                address: relay.address.clone(),
            }],
            None => self.state.entrances(&mut random::system()),
        }
    }

    async fn exchange(&self, mut session: Session) -> Session {
        let Entrance { key, address } = session.entrance().clone();
        let link = Link::new(address, tls::client(&key, None), self.via.clone());
        while let Some(transmit) = session.poll_transmit() {
            if let Some(tag) = session.canary() {
                self.watch.posting(tag);
            }
            let Ok(reply) = transmitted(&link, transmit).await else {
                break;
            };
            let (status, rng) = (reply.status.as_u16(), &mut random::system());
            let taken = session.handle_reply(clock::now(), status, &reply.body, rng);
            if taken.is_err() {
                break;
            }
            session.load(&Cargo::Canary(self.assignment.id), &mut random::system());
        }
        session
    }
}

async fn transmitted(link: &Link, transmit: Transmit) -> Result<Reply, LinkError> {
    let method = match transmit.method == session::Method::Post {
        true => Method::POST,
        false => Method::GET,
    };
    let (body, limit) = (transmit.body.into(), transmit.response_limit);
    link.send(method, transmit.path, body, limit, Session::PATIENCE)
        .await
}

/// The invitation and the proxy that canaries are sent with.
fn invited(config: &Config) -> Result<Option<(Invitation, Option<Socks5>)>, CanaryError> {
    let Some(canary) = &config.canary else {
        return Ok(None);
    };
    let path = || canary.invitation.clone();
    let link = private::read(&canary.invitation, LINK)?;
    let invitation = str::from_utf8(&link)
        .map_err(|_| InviteError::NotALink)
        .and_then(Invitation::from_link)
        .map_err(|reason| CanaryError::Invitation {
            path: path(),
            reason,
        })?;
    if invitation.scheme != config.scheme {
        return Err(CanaryError::OtherScheme(path()));
    }
    let via = match &canary.socks5 {
        Some(proxy) if !is_address(proxy) => return Err(CanaryError::Proxy(proxy.clone())),
        proxy => proxy.clone().map(|proxy| Socks5 { proxy }),
    };
    Ok(Some((invitation, via)))
}

fn is_address(text: &str) -> bool {
    text.rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// The most bytes of a link: with 255 ways in it has less.
const LINK: usize = 128 << 10;
/// For one canary: whoever answers slowly delays the next no longer.
const PATIENCE: Duration = Duration::from_secs(300);
/// Milliseconds after which it is looked again, whatever was called for.
const LONGEST: u64 = 3_600_000;

#[cfg(test)]
mod tests {
    use brolly_shell::log::{Field, Level};

    use super::*;

    #[test]
    fn spec_8_12_canaries_that_stay_away_are_told_once_and_so_is_the_first_that_comes_in() {
        let journal = Arc::new(Journal::default());
        let watch = Watch::new(86_400, Arc::clone(&journal), Instant::now());
        let mut due = 0;
        // A day in which canaries are due and cannot be sent.
        for now in (0..86_400_000).step_by(10_000) {
            let mut told = watch.told();
            told.canaries.handle_packet(now, &mut random::system());
            due += u64::from(told.canaries.handle_timeout(now));
            drop(told);
            watch.tell();
            let missing = (Level::Error, "canaries-missing", (Field::Canaries, due));
            let first = due == u64::from(Canaries::MISSING);
            match journal.due(0).as_slice() {
                [] => assert!(!first || watch.told().alarm),
                said => assert_eq!((first, said), (true, &[missing][..])),
            }
        }
        assert!(due > 500, "{due}");
        watch.posting([1; 16]);
        let rng = &mut random::system();
        assert!(!watch.took(&[[2; 16], [3; 16]], rng));
        assert!(watch.took(&[[2; 16], [1; 16]], rng));
        watch.tell();
        let back = (Level::Info, "canaries-back", (Field::Canaries, 1));
        assert_eq!(journal.due(0), [back]);
        watch.tell();
        assert_eq!(journal.due(0), []);
    }
}
