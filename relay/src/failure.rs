//! What whoever typed the command is told, and with which exit code.

use brolly_shell::cli::Failure;
use brolly_shell::directory::DirectoryFileError;

use crate::assignment::AssignmentError;
use crate::canary::CanaryError;
use crate::issuer::IssuerError;
use crate::page::PageError;
use crate::run::RunError;
use crate::supervised::MemoryError;

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Assignment(error) => error.into(),
            RunError::Serve(error) => error.into(),
            RunError::Memory(error) => error.into(),
            RunError::Canary(error) => error.into(),
            RunError::Page(error) => error.into(),
            RunError::Tags(_) | RunError::Left(_) => Self::refused(error),
            RunError::InUse(_) => Self::configuration(error),
            RunError::Data { .. }
            | RunError::Mirror(_)
            | RunError::Projects(_)
            | RunError::Stopped(_)
            | RunError::Thread(_) => Self::failed(error),
        }
    }
}

impl From<AssignmentError> for Failure {
    fn from(error: AssignmentError) -> Self {
        match error {
            AssignmentError::KeyFile(error) => error.into(),
            AssignmentError::Issuer(error) => error.into(),
            AssignmentError::Directory(DirectoryFileError::Unreadable { .. }) => {
                Self::configuration(error)
            }
            AssignmentError::Directory(_)
            | AssignmentError::NotARelayKey(_)
            | AssignmentError::NotListed
            | AssignmentError::NotTheWitness
            | AssignmentError::Tls(_) => Self::refused(error),
        }
    }
}

impl From<CanaryError> for Failure {
    fn from(error: CanaryError) -> Self {
        match error {
            CanaryError::File(error) => error.into(),
            CanaryError::Invitation { .. }
            | CanaryError::OtherScheme(_)
            | CanaryError::Proxy(_) => Self::configuration(error),
        }
    }
}

impl From<PageError> for Failure {
    fn from(error: PageError) -> Self {
        match error {
            PageError::Changed(_) | PageError::NotListed(_) => Self::refused(error),
            PageError::Unreadable { .. }
            | PageError::List(_)
            | PageError::Kind(_)
            | PageError::TooMuch(_)
            | PageError::Half
            | PageError::Certificate(_) => Self::configuration(error),
        }
    }
}

impl From<IssuerError> for Failure {
    fn from(error: IssuerError) -> Self {
        match error {
            IssuerError::NoKey(_) | IssuerError::Key { .. } => Self::refused(error),
            IssuerError::Projects(error) => error.into(),
        }
    }
}

impl From<MemoryError> for Failure {
    fn from(error: MemoryError) -> Self {
        match error {
            MemoryError::Foreign => Self::refused(error),
            MemoryError::System(_) | MemoryError::KeysFull => Self::failed(error),
        }
    }
}
