//! A relay, and the inbox, whose disk fills up: needs root, to mount a small file system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use brolly_tests::binaries::Binaries;
use brolly_tests::scheme::{Plan, Scheme};

use crate::reporting::{self, REPORT};

/// A tmpfs of a few MiB, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, mebibytes: u32) -> Self {
        fs::create_dir_all(at).unwrap();
        let size = format!("size={mebibytes}m,mode=0700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "brolly-test"])
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
    let disk = SmallDisk::mount(&data, 4);
    let plan = Plan {
        entry_data: Some(data.clone()),
        ..Plan::default()
    };
    let mut scheme = Scheme::start(&binaries, folder.path(), &plan).unwrap();
    let worker = reporting::worker(&scheme);
    let before = worker.run_json(&REPORT, "").unwrap();
    assert_eq!(before["accepted"], true);

    let filler = fill(&data, 4 << 20);
    let refused = worker.run(&REPORT, "").unwrap();
    assert!(
        !refused.status.success(),
        "a full disk must not be acknowledged"
    );
    assert!(
        !scheme.parties[0].daemon.has_ended(),
        "the relay keeps running"
    );

    fs::remove_file(&filler).unwrap();
    let after = worker.run_json(&REPORT, "").unwrap();
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

#[test]
fn a_full_disk_at_the_inbox_loses_nothing_and_recovers() {
    let binaries = Binaries::build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("small-disk");
    let disk = SmallDisk::mount(&data, 64);
    let plan = Plan {
        inbox_data: Some(data.clone()),
        ..Plan::default()
    };
    let mut scheme = Scheme::start(&binaries, folder.path(), &plan).unwrap();
    let worker = reporting::worker(&scheme);
    let log = scheme.parties[3].folder.join("log");
    let says = |line: &str| fs::read_to_string(&log).unwrap().contains(line);

    let filler = fill(&data, 64 << 20);
    let sent = worker.run_json(&REPORT, "").unwrap();
    assert_eq!(sent["accepted"], true, "the relays are not full");
    let refused = (0..300).any(|_| {
        worker.run_json(&["cover", "--json"], "").unwrap();
        says("error storage full or away")
    });
    assert!(refused, "the exit delivered, and there was no room");
    assert!(!scheme.parties[3].daemon.has_ended(), "the inbox runs on");

    fs::remove_file(&filler).unwrap();
    let mut state = serde_json::Value::Null;
    for _ in 0..300 {
        worker.run_json(&["cover", "--json"], "").unwrap();
        state = worker
            .run_json(&["check", "--json"], sent["words"].as_str().unwrap())
            .unwrap();
        if state["position"].is_u64() {
            break;
        }
    }
    assert_eq!(state["matching"], 1, "{state}");
    assert!(says("info storage takes reports again"));
    let synced = scheme.desk("scheme", &["sync", "--json"]).unwrap();
    assert_eq!(synced["opened"], 1);
    scheme.stop();
    drop(disk);
}

/// Fills a disk to the last block, whatever is on it; gives the file to remove.
fn fill(disk: &Path, largest: usize) -> PathBuf {
    let filler = disk.join("filler");
    let mut size = largest;
    while size > 0 {
        let more = vec![0u8; size];
        let _ = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&filler)
            .and_then(|mut file| std::io::Write::write_all(&mut file, &more));
        size /= 2;
    }
    filler
}
