//! `brolly cover`.

use brolly_client::session::Cargo;
use brolly_shell::cli::Failure;
use serde_json::json;

use crate::current::current;
use crate::{Device, print};

/// Sends one cover cell: a session like every other.
pub(crate) fn run(device: &Device, json: bool) -> Result<(), Failure> {
    let (state, _) = current(device)?;
    let exchange = device.network.exchange(&state, &Cargo::Cover);
    device.home.keep(Some(&state), &exchange.state)?;
    exchange.sent?;
    if json {
        return print(&json!({"accepted": true}).to_string());
    }
    print(
        "A relay took one cover cell. Every look-up sends one; sending some makes everybody's reports harder to pick out.",
    )
}
