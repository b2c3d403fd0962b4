//! The paths of the HTTP calls (SPEC §9), one list for those who answer and those who ask.

/// `POST`: packets of the layer's exact size; at an entry, one submission.
pub const CELLS: &str = "/v1/cells";
/// `GET`: the signed directory.
pub const DIRECTORY: &str = "/v1/directory";
/// `GET`: key notices of every relay this relay knows of, 1,332 bytes each.
pub const KEYS: &str = "/v1/keys";
/// `POST` to the inbox: delivered cells of 29,297 bytes each.
pub const REPORTS: &str = "/v1/reports";
/// `GET`: the inbox's newest signed head.
pub const CHECKPOINT: &str = "/v1/reports/checkpoint";
/// `GET`: the whole public sequence, 48 bytes an entry, the same for everybody.
pub const ENTRIES: &str = "/v1/reports/entries";
/// `GET` with `?after=N`, desks alone: sealed cells in the order of admission, 29,305 bytes each.
pub const SEALED: &str = "/v1/sealed";

/// The most packets or cells in one `POST` between relays and to the inbox.
pub const BATCH: usize = 64;
/// The most sealed cells in one answer to a desk.
pub const SEALED_PAGE: usize = 256;
