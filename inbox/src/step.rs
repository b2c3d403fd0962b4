//! The steps of what must survive being cut off anywhere. Tests stop at each; a program that is built to run has no
//! such places.

/// A moment after which the next step begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A delivery is sorted into known and new.
    Sorted,
    /// One body of a delivery is durable.
    BodyPut,
    /// All are.
    BodiesPut,
    /// They are in the ledger; nobody has been told.
    Admitted,
    /// An entry of the board was checked.
    Checked,
    /// It is in the ledger; its desk has not been told.
    Posted,
    /// What waited for a publication has positions.
    Assigned,
    /// One tile or bundle of a publication is durable.
    TilePut,
    /// All are.
    TilesPut,
    /// The checkpoint is the log's head.
    Published,
    /// It is beside the tiles too.
    CheckpointPut,
    /// Bodies are noted as being pruned.
    PruneBegun,
    /// They are gone.
    BodiesGone,
    /// The ledger knows.
    Pruned,
    /// A version of the directory was checked.
    VersionChecked,
    /// Its note is durable.
    VersionPut,
    /// It is on the board; whoever handed it in has not been told.
    VersionLogged,
    /// The freshness note of a day is there.
    Said,
    /// It has one more cosignature.
    Cosigned,
}

/// Where tests learn of steps.
#[derive(Clone, Default)]
pub(crate) struct Steps {
    #[cfg(test)]
    hook: Option<std::sync::Arc<dyn Fn(Step) + Send + Sync>>,
}

impl Steps {
    /// Says that a step is done.
    #[allow(
        clippy::unused_self,
        reason = "outside of tests there is nobody to tell"
    )]
    pub(crate) fn reached(&self, step: Step) {
        #[cfg(test)]
        if let Some(hook) = &self.hook {
            hook(step);
        }
        let _ = step;
    }

    #[cfg(test)]
    pub(crate) fn new(hook: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self {
            hook: Some(std::sync::Arc::new(hook)),
        }
    }
}

#[cfg(test)]
impl Step {
    pub(crate) const ALL: [Self; 19] = [
        Self::Sorted,
        Self::BodyPut,
        Self::BodiesPut,
        Self::Admitted,
        Self::Checked,
        Self::Posted,
        Self::Assigned,
        Self::TilePut,
        Self::TilesPut,
        Self::Published,
        Self::CheckpointPut,
        Self::PruneBegun,
        Self::BodiesGone,
        Self::Pruned,
        Self::VersionChecked,
        Self::VersionPut,
        Self::VersionLogged,
        Self::Said,
        Self::Cosigned,
    ];
}
