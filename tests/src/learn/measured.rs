//! What the real session sends and how long it works before each request, against a scheme in memory.

use std::sync::Arc;
use std::time::Instant;

use brolly_client::compose::{ComposeError, Known, Original, Ready, compose};
use brolly_client::draft::{Draft, DraftError};
use brolly_client::session::{Cargo, NotSent, Session, SessionError, Transmit};
use brolly_client::state::State;
use brolly_protocol::wire;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::Kind;
use super::fake::{NOW, PROJECT, Scheme};
use super::features::EXCHANGES;
use crate::picture;

/// Nanoseconds of work before each request.
pub type Work = [u64; EXCHANGES];

/// What sessions of both kinds are like.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Bytes of each request's path and body, the same in every session.
    pub requests: [usize; EXCHANGES],
    /// Bytes of each answer's body.
    pub answers: [usize; EXCHANGES],
    /// The work of sessions that report.
    pub reporting: Vec<Work>,
    /// The work of those that do not.
    pub reading: Vec<Work>,
}

/// Why there is nothing to simulate from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// A draft of this module is none.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// It could not be made ready.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The photograph could not be drawn.
    #[error(transparent)]
    Picture(#[from] std::io::Error),
    /// A session was refused.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Nothing was posted.
    #[error(transparent)]
    NotSent(#[from] NotSent),
    /// A session can be told by its sizes alone.
    #[error("a session that was {kind:?} sent {got:?} bytes where others sent {want:?}")]
    Sizes {
        /// What it was for.
        kind: Kind,
        /// What it sent.
        got: Vec<usize>,
        /// What the first sent.
        want: Vec<usize>,
    },
}

/// Runs `sessions` of each kind in a random order. A report has one of many lengths, consents and photographs; a session
/// without one is what cover, a look-up and a check all are.
///
/// # Errors
/// [`MeasureError`]; above all when any two sessions differ in a size.
pub fn measure(sessions: usize, seed: u64) -> Result<Measured, MeasureError> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let scheme = Scheme::new(NOW);
    let relay = Relay::of(&scheme);
    let letters = letters(&scheme, &mut rng)?;
    let first = relay.serve(State::new(scheme.invitation()), &Cargo::Cover, 0)?;
    let (requests, answers) = (first.requests, first.answers);
    let mut measured = Measured {
        requests,
        answers,
        reporting: Vec::new(),
        reading: Vec::new(),
    };
    for _ in 0..sessions {
        let mut kinds = [Kind::Reporting, Kind::Reading];
        kinds.shuffle(&mut rng);
        for kind in kinds {
            let letter = letters.get(rng.random_range(0..letters.len()));
            let cargo = match (kind, letter) {
                (Kind::Reporting, Some(letter)) => Cargo::Report(letter.clone()),
                _ => Cargo::Cover,
            };
            let seed = rng.random();
            let mut least = Work::from([u64::MAX; EXCHANGES]);
            for _ in 0..REPEATS {
                let made = relay.serve(first.state.clone(), &cargo, seed)?;
                let (got, want) = ([made.requests, made.answers], [requests, answers]);
                if got != want {
                    let [got, want] = [got, want].map(|both| both.concat());
                    return Err(MeasureError::Sizes { kind, got, want });
                }
                for (least, now) in least.iter_mut().zip(made.work) {
                    *least = now.min(*least);
                }
            }
            match kind {
                Kind::Reporting => measured.reporting.push(least),
                Kind::Reading => measured.reading.push(least),
            }
        }
    }
    Ok(measured)
}

/// A relay that answers from a scheme in memory.
struct Relay<'a> {
    scheme: &'a Scheme,
    directory: Vec<u8>,
    keys: Vec<u8>,
    window: Vec<u8>,
    alerts: Vec<u8>,
}

struct Made {
    requests: [usize; EXCHANGES],
    answers: [usize; EXCHANGES],
    work: Work,
    state: State,
}

impl<'a> Relay<'a> {
    fn of(scheme: &'a Scheme) -> Self {
        Self {
            scheme,
            directory: scheme.in_force(),
            keys: scheme.keys(),
            window: scheme.window(),
            alerts: scheme.alerts(),
        }
    }

    /// One session; the same one for the same seed.
    fn serve(&self, state: State, cargo: &Cargo, seed: u64) -> Result<Made, MeasureError> {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let invitation = self.scheme.invitation();
        let entrance = invitation
            .entries
            .into_iter()
            .next()
            .ok_or(NotSent::NotReached)?;
        let (mut requests, mut answers) = (Vec::new(), Vec::new());
        let mut work = Vec::new();
        let mut begun = Instant::now();
        let mut session = Session::new(state, entrance);
        while let Some(asked) = session.poll_transmit() {
            work.push(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
            let (status, answer) = self.answer(&asked);
            requests.push(asked.path.len() + asked.body.len());
            answers.push(answer.len());
            begun = Instant::now();
            session.handle_reply(NOW, status, &answer, &mut rng)?;
            session.load(cargo, &mut rng);
        }
        let outcome = session.into_outcome();
        outcome.sent?;
        let six = |sizes: Vec<usize>| {
            <[usize; EXCHANGES]>::try_from(sizes).map_err(|_| NotSent::NotReached)
        };
        Ok(Made {
            requests: six(requests)?,
            answers: six(answers)?,
            work: Work::try_from(work).map_err(|_| NotSent::NotReached)?,
            state: outcome.state,
        })
    }

    fn answer(&self, asked: &Transmit) -> (u16, Vec<u8>) {
        match asked.path {
            wire::DIRECTORY => (200, self.directory.clone()),
            wire::KEYS => (200, self.keys.clone()),
            wire::WINDOW => (200, self.window.clone()),
            wire::ALERTS => (200, self.alerts.clone()),
            wire::TOKENS => (200, self.scheme.tokens(&asked.body)),
            _ => (202, Vec::new()),
        }
    }
}

/// Reports of every consent and of very different lengths, without a photograph and with one.
fn letters(scheme: &Scheme, rng: &mut ChaCha20Rng) -> Result<Vec<Arc<Ready>>, MeasureError> {
    let (photo, _) = picture::with_metadata()?;
    let keys = scheme.known_keys();
    let known = Known {
        directory: &scheme.directory,
        keys: &keys,
        read: &|_| None,
    };
    let mut letters = Vec::new();
    for (n, consent) in CONSENTS.into_iter().enumerate() {
        for words in LENGTHS {
            let text = format!(
                "contact = \"after six\"\n[incident]\narea = \"LS2 7AB\"\nnarrative = \"{}\"\n[consent]\n{consent}",
                "van ".repeat(words)
            );
            let draft = Draft::from_toml(&text)?;
            let photo = (words == LENGTHS[0] && n % 2 == 0).then_some(Original::File(&photo));
            letters.push(compose(&draft, photo, &known, PROJECT, NOW, rng)?.letter);
        }
    }
    Ok(letters)
}

const CONSENTS: [&str; 5] = [
    "",
    "police = true",
    "police-contact = true\nmembers-alert = true",
    "specialist = true",
    "police-contact = true\nspecialist = true\nproject = true\nmembers-alert = true",
];
/// Words of a report.
const LENGTHS: [usize; 2] = [3, 4_500];
/// Equal runs of one session. The fastest of each step counts: what the machine did besides is not the client's.
const REPEATS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_17_6_every_report_and_every_cover_session_has_the_same_sizes() {
        let measured = measure(6, 7).unwrap();
        assert_eq!((measured.reporting.len(), measured.reading.len()), (6, 6));
        let cells = measured.requests[EXCHANGES - 1];
        assert_eq!(
            cells,
            wire::CELLS.len() + brolly_protocol::geometry::SUBMISSION
        );
    }
}
