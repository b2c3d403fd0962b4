//! `brolly-bench logs`: what needs no server.

use crate::figure::Sheet;
use crate::{Outcome, alerts, lookup, receipt, tree};

pub(crate) fn run(sheet: &mut Sheet, quick: bool) -> Outcome {
    let (part, rounds) = if quick { (10, 3) } else { (1, 9) };
    tree::run(sheet, 1_000_000 / part, rounds)?;
    receipt::run(sheet, u32::try_from(100_000 / part)?, rounds)?;
    alerts::run(sheet, 5_000 / part, rounds)?;
    lookup::run(sheet, 50_000 / part, rounds)
}
