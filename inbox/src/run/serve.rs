//! Serving: under one version of the directory after the other, on the same socket.
//!
//! ```text
//!  serve ─▶ under one version ─ its successor takes effect ─▶ accepts nobody, finishes ─▶ takes it up ─▶ under the next
//!                  └ asked to end ─▶ accepts nobody, finishes ─▶ the end
//! ```
//!
//! Who connects in between waits in the socket's backlog. Storage, lease and keys stay as they are.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use brolly_protocol::directory::{Directory, Purpose};
use brolly_protocol::log::LogName;
use brolly_shell::clock;
use brolly_shell::directory;
use brolly_shell::log::{Field, Level, event};
use brolly_shell::tls::{self, Clients};
use sd_notify::NotifyState;
use tokio::spawn;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{Parts, Role, RunError};
use crate::admit::{self, Admitter};
use crate::directories::Versions;
use crate::freshness::Offsets;
use crate::http::Answers;
use crate::sequence::{self, SequenceError, Sequencer};
use crate::store::ledger::Ledger;
use crate::store::objects::Objects;

/// Why it answers no longer.
enum End {
    Asked,
    Later(Versions),
    Broken(RunError),
}

impl<L: Ledger> Parts<L> {
    pub(super) async fn serve(
        mut self,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), RunError> {
        let mut shutdown = pin!(shutdown);
        let offsets = Arc::new(Offsets::default());
        let head = self.ledger.head(LogName::Reports).await?;
        let mut first = Some([
            (Field::Port, u64::from(self.server.local_addr().port())),
            (Field::Version, u64::from(self.directory().version)),
            (Field::Size, head.map_or(0, |head| head.size)),
        ]);
        loop {
            let (parts, next) = self
                .under_one_version(shutdown.as_mut(), first.take(), &offsets)
                .await?;
            let Some(next) = next else {
                return Ok(());
            };
            self = parts.take_up(next)?;
        }
    }

    /// Answers until `shutdown` resolves or another version takes effect, which it gives then.
    async fn under_one_version(
        self,
        shutdown: Pin<&mut impl Future<Output = ()>>,
        first: Option<[(Field, u64); 3]>,
        offsets: &Arc<Offsets>,
    ) -> Result<(Self, Option<Versions>), RunError> {
        let (deliveries, queue) = mpsc::channel(QUEUE);
        let (stop, stopped) = oneshot::channel();
        let (broken, mut breaks) = mpsc::channel(1);
        let directory = Directory::clone(self.directory());
        let is_drill = directory.purpose == Purpose::Drill;
        let (ledger, objects) = (Arc::clone(&self.ledger), self.objects.clone());
        let admitter = Admitter::new(Arc::clone(&ledger), objects.clone(), &directory);
        let mut admitting = spawn(async move { admit::work(&admitter, queue).await });
        let mut sequencing = spawn(self.role.work(ledger, objects, directory, stopped));

        let tls = tls::server(&self.identity, Clients::Optional);
        let answers = Arc::new(Answers {
            versions: self.versions.clone(),
            directories: Arc::clone(&self.directories),
            offsets: Arc::clone(offsets),
            ledger: Arc::clone(&self.ledger),
            objects: self.objects.clone(),
            poster: Arc::clone(&self.poster),
            queue: deliveries.downgrade(),
            broken,
            pages: Semaphore::new(PAGES),
        });
        let version = self.versions.current.directory.version;
        let mut ended = End::Asked;
        let end = async {
            ended = tokio::select! {
                // In this order: who hears that it is ready may ask it to end at once, and by then it has to listen.
                biased;
                () = shutdown => End::Asked,
                // Neither part ends by itself but on an error.
                Err(error) = joined(&mut admitting) => End::Broken(error),
                Err(error) = joined(&mut sequencing) => End::Broken(error),
                Some(error) = breaks.recv() => End::Broken(error.into()),
                // Before it looks for another version: one that has come in force by now must not keep the supervisor waiting.
                never = announce(first, is_drill) => match never {},
                later = self.directories.later_than(version) => match later {
                    Ok(later) => End::Later(later),
                    Err(error) => End::Broken(error.into()),
                },
            };
        };
        let served = self.server.try_clone()?;
        let served = served.run(tls, answers, self.limits, end).await;
        drop((deliveries, stop));
        let next = match ended {
            End::Broken(error) => return Err(error),
            End::Asked => None,
            End::Later(next) => Some(next),
        };
        joined(&mut admitting).await?;
        let role = joined(&mut sequencing).await?;
        served?;
        Ok((Self { role, ..self }, next))
    }

    fn take_up(mut self, next: Versions) -> Result<Self, RunError> {
        let (before, directory) = (self.directory(), &next.current.directory);
        let version = directory.version;
        let is_this_one = directory.inbox.key.to_bytes() == self.identity.public_key()
            && directory.inbox.log_key == before.inbox.log_key;
        if !is_this_one {
            return Err(RunError::Removed(version));
        }
        directory::keep(&next.current, &self.data, clock::now())?;
        self.directories.keep(version);
        self.role.take_up(directory);
        let fields = [(Field::Version, u64::from(version))];
        event(Level::Info, "directory taken up", &fields);
        self.versions = next;
        Ok(self)
    }

    fn directory(&self) -> &Directory {
        &self.versions.current.directory
    }
}

impl<L: Ledger> Role<L> {
    /// Publishes, or waits for the lease and then publishes, until the other end of `stop` is dropped; gives what it is then.
    async fn work(
        self,
        ledger: Arc<L>,
        objects: Objects,
        directory: Directory,
        mut stop: oneshot::Receiver<()>,
    ) -> Result<Self, SequenceError> {
        let interval = Duration::from_millis(directory.parameters.publish_ms);
        let mut sequencer = match self {
            Self::Sequencer(sequencer) => sequencer,
            Self::Standby(key) => {
                event(Level::Info, "standing by", &[]);
                loop {
                    let Some(lease) = sequence::stand_by(ledger.as_ref(), &mut stop).await? else {
                        return Ok(Self::Standby(key));
                    };
                    let (ledger, objects) = (Arc::clone(&ledger), objects.clone());
                    let (directory, key) = (directory.clone(), Arc::clone(&key));
                    match Sequencer::resume(ledger, objects, directory, key, lease).await {
                        Err(error) if error.passes() => {
                            event(Level::Warning, "publication not taken over yet", &[]);
                        }
                        resumed => {
                            let resumed = Box::new(resumed?);
                            event(Level::Info, "publication taken over", &[]);
                            break resumed;
                        }
                    }
                }
            }
        };
        sequence::work(&mut sequencer, interval, stop).await?;
        Ok(Self::Sequencer(sequencer))
    }

    fn take_up(&mut self, directory: &Directory) {
        match self {
            Self::Sequencer(sequencer) => sequencer.take_up(directory.clone()),
            Self::Standby(_) => {}
        }
    }
}

/// Tells the log and the supervisor, the first time, and then waits for ever.
async fn announce(first: Option<[(Field, u64); 3]>, is_drill: bool) -> Infallible {
    if let Some(ready) = first {
        event(Level::Info, "ready", &ready);
        if is_drill {
            event(Level::Warning, "drill", &[]);
        }
        if sd_notify::notify(&[NotifyState::Ready]).is_err() {
            event(Level::Warning, "supervisor not told", &[]);
        }
    }
    pending().await
}

async fn joined<T, E>(part: &mut JoinHandle<Result<T, E>>) -> Result<T, RunError>
where
    RunError: From<E>,
{
    Ok(part.await??)
}

/// Deliveries that wait for their write; more wait in HTTP.
const QUEUE: usize = 16;
const PAGES: usize = 4;
