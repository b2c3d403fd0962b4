//! Issuer keys by period: a month each, overlapping, so that a token got on the last day can be spent.

use brolly_keys::blind::IssuerKey;

use crate::geometry::KEY_ID;

/// An issuer's key and when it is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerPeriod {
    /// The period's number: a later period has a higher one.
    pub period: u32,
    /// When it begins, in seconds since 1970.
    pub from: u64,
    /// When it is over, in seconds since 1970.
    pub until: u64,
    /// The key.
    pub key: IssuerKey,
}

impl IssuerPeriod {
    /// Whether tokens under the key can be had and spent at `now` (seconds since 1970).
    pub fn holds(&self, now: u64) -> bool {
        (self.from..self.until).contains(&now)
    }
}

/// The period that tokens are asked for at `now`: the latest of those that hold.
pub fn current(periods: &[IssuerPeriod], now: u64) -> Option<&IssuerPeriod> {
    let held = periods.iter().filter(|issuer| issuer.holds(now));
    held.max_by_key(|issuer| issuer.period)
}

/// The period that a token under the key `id` is spent in at `now`, if it holds.
pub fn accept(periods: &[IssuerPeriod], now: u64, id: [u8; KEY_ID]) -> Option<&IssuerPeriod> {
    let mut held = periods.iter().filter(|issuer| issuer.holds(now));
    held.find(|issuer| issuer.key.id() == id)
}
