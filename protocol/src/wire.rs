//! The paths of the HTTP calls (SPEC §9), one list for those who answer and those who ask.

use crate::log::LogName;

/// `POST`: packets of the layer's exact size; at an entry, one submission.
pub const CELLS: &str = "/v1/cells";
/// `GET`: the directory in force behind the freshness note that says so. `POST` to the inbox: its next version. Followed
/// by `/` and a number, `GET`: the signed note of that version, in force or not.
pub const DIRECTORY: &str = "/v1/directory";
/// `GET` from the inbox: the newest freshness note, for relays to cosign. `POST` to the inbox: with a relay's cosignature.
pub const FRESHNESS: &str = "/v1/directory/freshness";
/// `GET`: the index of all keys of relays and desks.
pub const KEYS: &str = "/v1/keys";
/// `POST`: a request for admission tokens, sealed to the issuer; an entry passes it on to that relay.
pub const TOKENS: &str = "/v1/tokens";
/// `POST` to the issuer, from a project's desk: the digest of the project's new secret.
pub const PROJECTS: &str = "/v1/projects";
/// `POST` to the inbox: delivered cells of 29,297 bytes each.
pub const REPORTS: &str = "/v1/reports";
/// `GET` with `?after=N`, desks alone: how many were pruned, 4 bytes, then sealed cells in the order of admission, 29,305
/// bytes each.
pub const SEALED: &str = "/v1/sealed";

/// `POST` to the inbox: one entry for the board, from a desk; from a relay, its key.
pub const BOARD: &str = "/v1/board";
/// `GET` from a relay: the last entries of both logs, the same for everybody.
pub const WINDOW: &str = "/v1/window";
/// `GET` from a relay: the compact index of all live alerts.
pub const ALERTS: &str = "/v1/alerts";

/// `GET`: a log's checkpoint. The inbox gives its newest, a relay the newest that a majority of witnesses cosigned.
pub const fn checkpoint(log: LogName) -> &'static str {
    match log {
        LogName::Reports => "/v1/reports/checkpoint",
        LogName::Board => "/v1/board/checkpoint",
    }
}

/// `GET` from the inbox: the newest checkpoint of a log that a majority of witnesses cosigned.
pub const fn witnessed(log: LogName) -> &'static str {
    match log {
        LogName::Reports => "/v1/reports/witnessed",
        LogName::Board => "/v1/board/witnessed",
    }
}

/// `POST` to the inbox: a checkpoint with a relay's cosignature.
pub const fn cosignature(log: LogName) -> &'static str {
    match log {
        LogName::Reports => "/v1/reports/cosignature",
        LogName::Board => "/v1/board/cosignature",
    }
}

/// `GET`: what the paths of a log's tiles begin with; a tile's own path, which begins with `tile/`, follows.
pub const fn tiles(log: LogName) -> &'static str {
    match log {
        LogName::Reports => "/v1/reports/",
        LogName::Board => "/v1/board/",
    }
}

/// The most packets or cells in one `POST` between relays and to the inbox.
pub const BATCH: usize = 64;
/// The most sealed cells in one answer to a desk.
pub const SEALED_PAGE: usize = 256;
