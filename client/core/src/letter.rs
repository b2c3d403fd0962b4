//! A report that only needs a token and keys to be sealed, and waits as bytes of one length where it has to.

use core::fmt;

use brolly_keys::epoch::Epoch;
use brolly_protocol::board::Keys;
use brolly_protocol::cell::{Letter, LetterError, Recipient, SealedCell};
use brolly_protocol::geometry::{SLOTS, TOKEN};
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::receipt::Receipt;
use brolly_protocol::report::{Incident, Report};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// A report that only needs a token and keys to be sealed.
pub struct Ready {
    pub(crate) report: Report,
    pub(crate) contact: Zeroizing<String>,
    pub(crate) desks: [Option<NodeId>; SLOTS],
    pub(crate) receipt: Receipt,
}

impl Ready {
    /// When and where it happened, as she wrote it.
    pub fn incident(&self) -> &Incident {
        &self.report.incident
    }

    /// The desks that it is for.
    pub fn desks(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.desks.iter().flatten().copied()
    }

    /// Those of them that have no key for `week`: while there is one, it cannot be sealed.
    pub fn without_key<'a>(
        &'a self,
        week: Epoch,
        keys: &'a Keys,
    ) -> impl Iterator<Item = NodeId> + 'a {
        self.desks()
            .filter(move |desk| keys.desk(*desk, week).is_none())
    }

    /// Seals it around `token`, to the desks' keys of `week`.
    ///
    /// # Errors
    /// [`LetterError`]; a desk without a key for the week is named.
    pub fn seal(
        &self,
        scheme: SchemeId,
        week: Epoch,
        token: &[u8; TOKEN],
        keys: &Keys,
        rng: &mut impl CryptoRng,
    ) -> Result<SealedCell, LetterError> {
        let recipients = self.desks.map(|desk| {
            let desk = desk?;
            let key = keys.desk(desk, week)?.clone();
            Some(Recipient { desk, key })
        });
        let letter = Letter {
            scheme,
            week,
            token,
            desks: recipients.each_ref().map(Option::as_ref),
            report: &self.report,
            contact: &self.contact,
        };
        SealedCell::seal(&letter, &self.receipt, rng)
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ready")
    }
}

pub(crate) mod record;
