//! A worker with a report that is the same in every test.

use std::net::{IpAddr, Ipv4Addr};

use brolly_tests::scheme::{Scheme, Worker};

/// The line by which she reports.
pub(crate) const REPORT: [&str; 5] = [
    "report",
    "--from",
    concat!(env!("CARGO_MANIFEST_DIR"), "/reports/c.toml"),
    "--yes",
    "--json",
];

pub(crate) fn worker(scheme: &Scheme) -> Worker {
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    scheme.worker("worker", here).unwrap()
}
