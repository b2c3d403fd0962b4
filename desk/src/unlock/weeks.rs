//! The desk's weekly keys: made ahead of time, erased when they are over (SPEC §11.3, §11.13).

use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::file::Label;
use brolly_keys::pair::SecretKey;
use brolly_keys::role::Desk;
use brolly_shell::random;
use rand_core::Rng;
use zeroize::Zeroizing;

use super::{Keys, UnlockError};

impl Keys {
    /// The keys of the weeks that are still held.
    pub fn weeks(&self) -> KeyRing<Desk> {
        let mut ring = KeyRing::new();
        for week in self.file.epochs(Label::Week) {
            if let Some(seed) = self.file.secret(Label::Week, week) {
                ring.insert(Epoch::new(week), SecretKey::from_seed(seed));
            }
        }
        ring
    }

    /// Makes the keys that are missing of the week `current` and of [`AHEAD`] weeks after it; says how many. They are
    /// durable in the file when this returns.
    ///
    /// # Errors
    /// [`UnlockError::File`] if the file cannot be replaced: nobody may be told of a key then.
    pub fn make_weeks(&mut self, current: Epoch) -> Result<usize, UnlockError> {
        let held = self.file.epochs(Label::Week);
        let missing: Vec<_> = announced(current)
            .filter(|week| !held.contains(&week.number()))
            .collect();
        self.draw_weeks(&missing)?;
        Ok(missing.len())
    }

    /// Draws the keys of these weeks, in the place of those that are held; they are durable when this returns.
    ///
    /// # Errors
    /// [`UnlockError::File`] if the file cannot be replaced.
    pub fn draw_weeks(&mut self, weeks: &[Epoch]) -> Result<(), UnlockError> {
        for week in weeks {
            let mut seed = Zeroizing::new([0; 32]);
            random::system().fill_bytes(seed.as_mut());
            self.file.insert(Label::Week, week.number(), &seed);
        }
        if weeks.is_empty() {
            return Ok(());
        }
        self.save()
    }

    /// Erases, here and in the file, the keys of weeks that ended over [`KEPT_WEEKS`] weeks before `current`, and says
    /// how many went.
    ///
    /// # Errors
    /// [`UnlockError::File`] if the file cannot be replaced; it then holds them still.
    pub fn erase_expired(&mut self, current: Epoch) -> Result<usize, UnlockError> {
        let first = current.minus(KEPT_WEEKS);
        let erased = self.file.erase_before(Label::Week, first.number());
        if erased > 0 {
            self.save()?;
        }
        Ok(erased)
    }
}

/// The weeks whose keys senders may want: the current one and those ahead.
pub fn announced(current: Epoch) -> impl Iterator<Item = Epoch> {
    (0..=AHEAD).map(move |later| current.plus(later))
}

/// For how many weeks a key is held after its own: two, 14 days.
pub const KEPT_WEEKS: u32 = 2;
/// How many weeks ahead keys are made: a desk that is away for a month can still be written to.
pub const AHEAD: u32 = 4;
