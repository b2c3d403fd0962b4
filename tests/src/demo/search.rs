//! The search for whatever leaked, and a relay that leaks on purpose, which it must catch.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::atomic::Ordering;

use super::{Demo, wide};
use crate::binaries::Binaries;
use crate::canary::{self, Canary, Found};
use crate::scheme::{Plan, Scheme};

impl Demo<'_> {
    /// Says what each party saw, from its own disk and wire, and counts the canaries there.
    pub(super) fn search(&self, scheme: &Scheme, canaries: &[Canary]) -> io::Result<u64> {
        let mut found: Vec<Found> = Vec::new();
        for party in &scheme.parties {
            let mut here = canary::search(&party.folder, canaries)?;
            let wire = fs::read(&party.record)?;
            let whats = canary::search_bytes(&wire, canaries);
            here.extend(whats.map(|what| Found {
                what,
                file: party.record.clone(),
            }));
            let files = canary::files(&party.folder)?;
            let kept: u64 = files
                .iter()
                .filter_map(|file| fs::metadata(file).ok())
                .map(|meta| meta.len())
                .sum();
            (self.say)(&format!(
                "{}: saw {} connections, {} bytes in and {} out, all TLS; keeps {} files, {kept} bytes; canaries in them: {}",
                party.name,
                party.traffic.connections.load(Ordering::Relaxed),
                party.traffic.inward.load(Ordering::Relaxed),
                party.traffic.outward.load(Ordering::Relaxed),
                files.len(),
                here.len()
            ));
            found.extend(here);
        }
        for hit in &found {
            (self.say)(&format!("FOUND {} in {}", hit.what, hit.file.display()));
        }
        Ok(wide(found.len()))
    }

    pub(super) fn search_storage(&self, folder: &Path, canaries: &[Canary]) -> io::Result<u64> {
        let found = canary::search(folder, canaries)?;
        (self.say)(&format!(
            "storage: keeps {} files; canaries in them: {}",
            canary::files(folder)?.len(),
            found.len()
        ));
        for hit in &found {
            (self.say)(&format!("FOUND {} in {}", hit.what, hit.file.display()));
        }
        Ok(wide(found.len()))
    }

    /// The same road with an entry relay that writes down who came: the search must find it.
    pub(super) fn leak_control(&self, binaries: &Binaries) -> io::Result<u64> {
        let plan = Plan {
            entry_program: Some(binaries.path("leaky-relay")),
            ..Plan::default()
        };
        let mut scheme = self.start(binaries, "leak-control", &plan)?;
        let address = Ipv4Addr::from([127, 99, 45, 203]);
        scheme.worker("caller", IpAddr::V4(address))?;
        scheme.stop();
        let canaries = [Canary::new("network address", address.to_string())];
        let mut caught = Vec::new();
        for party in &scheme.parties {
            if !canary::search(&party.folder, &canaries)?.is_empty() {
                caught.push(party.name);
            }
        }
        // It, and nobody who did nothing wrong.
        let it = caught == ["entry"];
        (self.say)(&format!(
            "control: an entry relay that writes down addresses was run the same way and {}",
            if it { "was caught" } else { "was NOT caught" }
        ));
        Ok(u64::from(it))
    }
}
