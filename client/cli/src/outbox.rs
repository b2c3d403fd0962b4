//! The file of the outbox: two programs write it, `brolly run` and `brolly report --queue`, one at a time.

use brolly_client::outbox::{Outbox, SIZE, TEXT};
use brolly_keys::file::Cost;
use brolly_keys::vault::{self, Vault, VaultError};
use brolly_shell::cli::Failure;
use brolly_shell::lock::Lock;
use brolly_shell::passphrase::{self, Place};
use brolly_shell::private::{self, PrivateError};
use brolly_shell::random;
use zeroize::Zeroizing;

use crate::command::Passphrase;
use crate::home::Home;

/// The outbox of a device, opened with its passphrase.
pub(crate) struct Opened<'a> {
    home: &'a Home,
    vault: Vault,
}

/// Makes the file, without a passphrase, if it is not there.
pub(crate) fn ensure(home: &Home) -> Result<(), Failure> {
    let bytes = vault::unchosen(TEXT, &mut random::system());
    match private::create(&home.file(FILE), &bytes) {
        Ok(()) | Err(PrivateError::Exists(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Makes the file anew, without a passphrase: what was in it is gone.
pub(crate) fn renew(home: &Home) -> Result<(), Failure> {
    let _lock = Lock::wait(&home.file(LOCK))?;
    let bytes = vault::unchosen(TEXT, &mut random::system());
    Ok(private::replace(&home.file(FILE), &bytes)?)
}

/// Takes the right to run on this device; `None` while another program has it.
pub(crate) fn running(home: &Home) -> Result<Option<Lock>, Failure> {
    Ok(Lock::take(&home.file(RUNNING))?)
}

impl<'a> Opened<'a> {
    /// Opens it, or chooses its passphrase if there is none yet.
    pub(crate) fn or_chosen(home: &'a Home, options: &Passphrase) -> Result<Self, Failure> {
        ensure(home)?;
        let place = place(options);
        if vault::has_passphrase(&read(home)?).map_err(|error| wrong(home, error))? {
            return Self::unlock(home, &place);
        }
        let chosen = if place == Place::Terminal {
            passphrase::choose("Choose a passphrase for what waits to be sent: ")?
        } else {
            place.read("")?
        };
        let mut rng = random::system();
        let vault = Vault::create(&chosen, Cost::STANDARD, &mut rng);
        let vault = vault.map_err(|error| wrong(home, error))?;
        let _lock = Lock::wait(&home.file(LOCK))?;
        let opened = Self { home, vault };
        opened.write(&Outbox::new())?;
        Ok(opened)
    }

    /// Opens it.
    pub(crate) fn existing(home: &'a Home, options: &Passphrase) -> Result<Self, Failure> {
        ensure(home)?;
        if !vault::has_passphrase(&read(home)?).map_err(|error| wrong(home, error))? {
            return Err(Failure::configuration(
                "there is no running service to hand a report to: the outbox has no passphrase yet",
            )
            .hint(
                "start `brolly run` once, which asks for one, or send the report without --queue",
            ));
        }
        Self::unlock(home, &place(options))
    }

    /// What is in it.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Outbox) -> T) -> Result<T, Failure> {
        let _lock = Lock::wait(&self.home.file(LOCK))?;
        Ok(look(&self.read()?))
    }

    /// Changes it, durably, and writes all of it anew whether or not anything changed; after a failure it is as it was.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Outbox) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let _lock = Lock::wait(&self.home.file(LOCK))?;
        let mut outbox = self.read()?;
        let changed = change(&mut outbox)?;
        self.write(&outbox)?;
        Ok(changed)
    }

    fn unlock(home: &'a Home, place: &Place) -> Result<Self, Failure> {
        let passphrase = place.read("Passphrase of the outbox: ")?;
        let opened = Vault::unlock(&read(home)?, &passphrase);
        let (vault, _) = opened.map_err(|error| wrong(home, error))?;
        Ok(Self { home, vault })
    }

    fn read(&self) -> Result<Outbox, Failure> {
        let text = self.vault.open(&read(self.home)?);
        let text = text.map_err(|error| wrong(self.home, error))?;
        Outbox::from_bytes(&text).map_err(Failure::refused)
    }

    fn write(&self, outbox: &Outbox) -> Result<(), Failure> {
        let sealed = self.vault.seal(&outbox.to_bytes(), &mut random::system());
        let sealed = sealed.map_err(|error| wrong(self.home, error))?;
        Ok(private::replace(&self.home.file(FILE), &sealed)?)
    }
}

fn place(options: &Passphrase) -> Place {
    Place::configured(options.file.clone(), options.credential.clone())
}

fn read(home: &Home) -> Result<Zeroizing<Vec<u8>>, Failure> {
    Ok(private::read(&home.file(FILE), SIZE)?)
}

fn wrong(home: &Home, error: VaultError) -> Failure {
    let file = home.file(FILE);
    let failure = Failure::refused(format!("{}: {error}", file.display()));
    if error != VaultError::Passphrase {
        return failure;
    }
    failure.hint(
        "nothing was changed; if it is forgotten, remove the file: what waits in it is lost then",
    )
}

const FILE: &str = "outbox";
/// Held while the outbox is read and written.
const LOCK: &str = "outbox.lock";
/// Held by `brolly run` for as long as it runs.
const RUNNING: &str = "run.lock";
