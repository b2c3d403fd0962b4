//! How a scheme differs from the plain one, and the plan that the ceremony gets.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use super::{DESKS, PARTIES};

/// How a scheme differs from the plain one.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Milliseconds between ticks of the mix.
    pub tick_ms: u64,
    /// Packets that always stay in each pool.
    pub min_pool: u32,
    /// One cover cell in so many goes on to the inbox.
    pub cover_deliver_one_in: u32,
    /// Seconds that a relay's packet key is in use.
    pub packet_epoch: u64,
    /// Packets a relay can hold.
    pub pool_capacity: Option<u32>,
    /// The program of the entry relay, where it is not `brolly-relay`.
    pub entry_program: Option<PathBuf>,
    /// The folder of the entry relay's data, where it is not beside its key.
    pub entry_data: Option<PathBuf>,
    /// The folder of the inbox's data, where it is not beside its key.
    pub inbox_data: Option<PathBuf>,
    /// The `[storage]` table of the inbox. With one, a second inbox stands by on the same storage.
    pub storage: Option<toml::Value>,
    /// The folder of the worker's page that the entry relay serves.
    pub page: Option<PathBuf>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            tick_ms: 400,
            min_pool: 2,
            cover_deliver_one_in: 4,
            packet_epoch: 86_400,
            pool_capacity: None,
            entry_program: None,
            entry_data: None,
            inbox_data: None,
            storage: None,
            page: None,
        }
    }
}

pub(super) fn plan_text(
    plan: &Plan,
    taps: &[TcpListener; 4],
    listens: &[SocketAddr; 4],
) -> io::Result<String> {
    let mut text = format!(
        r#"name = "Brolly demonstration"
weather = "https://weather.example/leeds"
purpose = "drill"
valid-days = 30
threshold = 2
projects = ["Leeds"]

[[officers]]
name = "ada"
[[officers]]
name = "bea"
[[officers]]
name = "cat"

[parameters]
tick-ms = {}
release-ppm = 500000
min-pool = {}
packet-epoch-seconds = {}
effective-after-seconds = 1
publish-ms = 1500
cover-deliver-one-in = {}

[issuer]
relay = "middle"
months = 2

"#,
        plan.tick_ms, plan.min_pool, plan.packet_epoch, plan.cover_deliver_one_in
    );
    let kinds = ["project", "university", "charity"];
    for (layer, kind) in kinds.iter().enumerate() {
        let (Some(name), Some(tap), Some(listen)) =
            (PARTIES.get(layer), taps.get(layer), listens.get(layer))
        else {
            continue;
        };
        text += &format!(
            "[[relays]]\nname = \"{name}\"\nlayer = {layer}\naddress = \"{}\"\nlisten = \"{listen}\"\noperator = \"a {kind}\"\nkind = \"{kind}\"\n\n",
            tap.local_addr()?
        );
    }
    let [.., tap] = taps;
    let [.., listen] = listens;
    text += &format!(
        "[inbox]\naddress = \"{}\"\nlisten = \"{listen}\"\n\n",
        tap.local_addr()?
    );
    for desk in DESKS {
        text += &format!("[[desks]]\nname = \"{desk}\"\nslot = \"{desk}\"\n\n");
    }
    Ok(text)
}
