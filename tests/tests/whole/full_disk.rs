//! A relay whose disk fills up: needs root, to mount a small file system.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::Command;

use brolly_tests::binaries::Binaries;
use brolly_tests::scheme::{Plan, Scheme};

/// A tmpfs of a few MiB, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Self {
        fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m,mode=0700", "brolly-test"])
            .arg(at)
            .status()
            .unwrap();
        assert!(mounted.success(), "this suite needs root");
        Self(at.to_path_buf())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The test has failed or ended; a mount left behind is in the temporary folder.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_at_the_relay_refuses_loses_nothing_and_recovers() {
    let binaries = Binaries::build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("small-disk");
    let disk = SmallDisk::mount(&data);
    let plan = Plan {
        entry_data: Some(data.clone()),
        ..Plan::default()
    };
    let mut scheme = Scheme::start(&binaries, folder.path(), &plan).unwrap();
    let worker = scheme
        .worker("worker", IpAddr::V4(Ipv4Addr::LOCALHOST))
        .unwrap();
    let report = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/c.toml");
    let report = ["report", "--from", report, "--yes", "--json"];
    let before = worker.run_json(&report, "").unwrap();
    assert_eq!(before["accepted"], true);

    let filler = data.join("filler");
    let mut size = 4 << 20;
    while size > 0 {
        // Fill to the last block, whatever the relay holds.
        let more = vec![0u8; size];
        let _ = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&filler)
            .and_then(|mut file| std::io::Write::write_all(&mut file, &more));
        size /= 2;
    }
    let refused = worker.run(&report, "").unwrap();
    assert!(
        !refused.status.success(),
        "a full disk must not be acknowledged"
    );
    assert!(
        !scheme.parties[0].daemon.has_ended(),
        "the relay keeps running"
    );

    fs::remove_file(&filler).unwrap();
    let after = worker.run_json(&report, "").unwrap();
    assert_eq!(after["accepted"], true);

    let mut opened = 0;
    for _ in 0..200 {
        worker.run_json(&["cover", "--json"], "").unwrap();
        opened += scheme.desk("scheme", &["sync", "--json"]).unwrap()["opened"]
            .as_u64()
            .unwrap();
        if opened == 2 {
            break;
        }
    }
    assert_eq!(
        opened, 2,
        "what was accepted before and after arrives, what was refused does not"
    );
    scheme.stop();
    drop(disk);
}
