//! The two public logs (SPEC §13).

use alloc::string::String;

use crate::node::SchemeId;

/// Which log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_enums, reason = "there are two")]
pub enum LogName {
    /// The tag and digest of every sealed cell.
    Reports,
    /// Answers, read-marks, alerts and notices.
    Board,
}

impl LogName {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Reports, Self::Board];

    /// The name in paths and origins.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reports => "reports",
            Self::Board => "board",
        }
    }

    /// The C2SP origin of a scheme's log: `brolly-<scheme>/<name>`.
    pub fn origin(self, scheme: &SchemeId) -> String {
        alloc::format!("brolly-{scheme}/{}", self.as_str())
    }
}
