//! The main job, for real: three reports through three relays to two desks, and a search for whatever leaked.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use brolly_shell::clock;
use serde::Serialize;
use serde_json::Value;

use self::readers::Reading;
use crate::binaries::Binaries;
use crate::canary::Canary;
use crate::picture;
use crate::scheme::{DESKS, Plan, Scheme, Worker};
use crate::servers::Storage;

mod board;
mod readers;
mod rotation;
mod search;

/// What a run showed.
#[derive(Debug, Clone, Default, Serialize, PartialEq)]
pub struct Outcome {
    /// Reports that an entry relay accepted.
    pub sent: u64,
    /// Reports opened at each desk.
    pub opened: PerDesk,
    /// Contact details opened at each desk.
    pub contact_opened: PerDesk,
    /// Reports that never came.
    pub lost: u64,
    /// Reports that came more than once, at a desk or in the public sequence.
    pub duplicated: u64,
    /// Canaries found with relays, inbox and on every wire.
    pub canaries_found: u64,
    /// Leaking relays that were caught.
    pub leak_control_found: u64,
    /// Receipts whose entry is proved to be in a log that a majority of witnesses cosigned.
    pub receipts_verified: u64,
    /// Answers that a report's code opened.
    pub replies_read: u64,
    /// Warnings that a look-up found.
    pub alerts_found: u64,
    /// Warnings that it found although they were withdrawn.
    pub cancelled_found: u64,
    /// Desks that posted that they have read report (a).
    pub read_marks: u64,
    /// The version of the directory in force at the end; two of three officers signed the second.
    pub directory_version: u64,
    /// Whether the relays changed their packet keys while reports were under way.
    pub key_rotations: u64,
    /// Seconds it took once the programs were built.
    pub seconds: f64,
}

/// A number for each desk.
#[derive(Debug, Clone, Copy, Default, Serialize, PartialEq, Eq)]
pub struct PerDesk {
    /// Police intelligence.
    pub police: u64,
    /// The scheme's caseworkers.
    pub scheme: u64,
}

impl Outcome {
    /// Whether everything is as it must be.
    pub fn is_good(&self) -> bool {
        let want = Self {
            sent: 3,
            opened: PerDesk {
                police: 2,
                scheme: 3,
            },
            contact_opened: PerDesk {
                police: 1,
                scheme: 0,
            },
            leak_control_found: 1,
            receipts_verified: 3,
            replies_read: 1,
            alerts_found: 1,
            read_marks: 2,
            directory_version: 2,
            key_rotations: 1,
            seconds: self.seconds,
            ..Self::default()
        };
        *self == want
    }
}

/// A run of the demonstration.
pub struct Demo<'a> {
    /// Where everything is kept.
    pub folder: &'a Path,
    /// Kill every relay and the inbox once, with reports inside them.
    pub kill: bool,
    /// Keep what the inbox must not lose in PostgreSQL and an object store, with two inboxes of which one is killed.
    pub distributed: bool,
    /// Called with each line of the story.
    pub say: &'a dyn Fn(&str),
    /// Set by Ctrl-C: stop at the next step.
    pub stop: &'a AtomicBool,
}

/// A worker's report: which file, and the address she writes from.
struct Errand {
    report: &'static str,
    photo: Option<PathBuf>,
    worker: Worker,
    code: String,
}

/// Longest that a run waits for the reports to come out.
const PATIENCE: Duration = Duration::from_secs(180);
const REPORTS: [(&str, [u8; 4]); 3] = [
    ("a", [127, 41, 77, 9]),
    ("b", [127, 83, 2, 114]),
    ("c", [127, 29, 150, 61]),
];
const LAST: &str = "c";
const READERS: [[u8; 4]; 2] = [[127, 60, 8, 30], [127, 61, 9, 31]];
const PHOTO_NAME: &str = "IMG_filename-canary-4471.jpg";

impl Demo<'_> {
    /// Runs it all.
    ///
    /// # Errors
    /// A sentence about the step that failed.
    pub fn run(&self, binaries: &Binaries) -> io::Result<Outcome> {
        let started = Instant::now();
        let storage = match self.distributed {
            true => Some(Storage::start()?),
            false => None,
        };
        let plan = Plan {
            storage: storage.as_ref().map(Storage::table).transpose()?,
            packet_epoch: rotation::length(clock::now()),
            ..Plan::default()
        };
        let mut scheme = self.start(binaries, "main", &plan)?;
        let (mut errands, canaries) = self.errands(&scheme)?;
        let readers = READERS
            .iter()
            .enumerate()
            .map(|(n, ip)| scheme.worker(&format!("reader-{n}"), IpAddr::from(*ip)))
            .collect::<io::Result<Vec<_>>>()?;
        let reader = scheme.worker("reader-of-warnings", IpAddr::V4(Ipv4Addr::LOCALHOST))?;
        (self.say)("three workers and three readers have joined with the project's invitation");

        let mut outcome = Outcome::default();
        let reading = Reading::start(readers);
        self.await_rotation(plan.packet_epoch)?;
        let mut accepted = None;
        for errand in &mut errands {
            self.go_on()?;
            if errand.report == LAST {
                self.await_last_seconds(plan.packet_epoch)?;
            }
            outcome.sent += u64::from(send(errand)?);
            accepted = accepted.or(Some(clock::now()));
            (self.say)(&format!(
                "report ({}) accepted by the entry relay; its receipt code has {} words",
                errand.report,
                errand.code.split_whitespace().count()
            ));
        }
        self.hand_in(&scheme)?;
        if self.kill {
            scheme.kill_and_restart()?;
            (self.say)("every relay and the inbox were killed with SIGKILL and started again");
        }
        if storage.is_some() {
            scheme.fail_over()?;
            (self.say)(
                "the inbox that publishes was killed with SIGKILL; the one that stood by takes over",
            );
        }
        let begun = Instant::now();
        self.await_desks(&scheme, begun)?;
        outcome.key_rotations = rotation::between(accepted, clock::now(), plan.packet_epoch);
        (self.say)(
            "every relay's packet key of before is over, and the next one in use: reports under way were not lost",
        );
        outcome.receipts_verified = self.await_receipts(&errands, begun)?;
        outcome.directory_version = self.taken_up(&scheme)?;
        let said = self.answer_and_warn(&scheme)?;
        self.await_board(&scheme, &said, &errands, &reader, &mut outcome)?;
        let cover = reading.stop();
        (self.say)(&format!(
            "readers sent {cover} cover cells meanwhile, one a session"
        ));

        for desk in DESKS {
            self.count_desk(&scheme, desk, &mut outcome)?;
        }
        outcome.lost = 3u64.saturating_sub(outcome.opened.scheme);
        outcome.duplicated += duplicates_in_sequence(&errands)?;
        let unclean = scheme.stop();
        if !unclean.is_empty() {
            let names = unclean.join(", ");
            return Err(io::Error::other(format!(
                "did not stop cleanly on SIGTERM: {names}"
            )));
        }
        outcome.canaries_found = self.search(&scheme, &canaries)?;
        for folder in storage.iter().flat_map(Storage::folders) {
            outcome.canaries_found += self.search_storage(folder, &canaries)?;
        }
        drop(scheme);
        self.go_on()?;
        outcome.leak_control_found = self.leak_control(binaries)?;
        outcome.seconds = (started.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        Ok(outcome)
    }

    /// Starts a scheme in a folder of its own and says what was started.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(&self, binaries: &Binaries, name: &str, plan: &Plan) -> io::Result<Scheme> {
        self.go_on()?;
        let scheme = Scheme::start(binaries, &self.folder.join(name), plan)?;
        (self.say)(&format!(
            "ceremony done; {} daemons run: {}; the witnesses stand behind directory and keys",
            scheme.parties.len(),
            scheme
                .parties
                .iter()
                .map(|party| party.name)
                .collect::<Vec<_>>()
                .join(", ")
        ));
        Ok(scheme)
    }

    fn errands(&self, scheme: &Scheme) -> io::Result<(Vec<Errand>, Vec<Canary>)> {
        let (jpeg, mut canaries) = picture::with_metadata()?;
        let photo = self.folder.join(PHOTO_NAME);
        fs::write(&photo, jpeg)?;
        canaries.push(Canary::new("file name", *b"filename-canary-4471"));
        canaries.push(Canary::new("narrative", *b"narrative canary ALPHA-7731"));
        canaries.push(Canary::new("narrative", *b"Narrative canary BRAVO-2209"));
        canaries.push(Canary::new("narrative", *b"Narrative canary CHARLIE-5518"));
        canaries.push(Canary::new("contact", *b"bravo.worker@example.org"));
        canaries.push(Canary::new("offender's address", *b"14 Heronsgate Avenue"));
        canaries.push(Canary::new("answer", *b"answer canary DELTA-9034"));
        canaries.push(Canary::new(
            "warning",
            *b"A second man waits behind the door",
        ));
        let mut errands = Vec::new();
        for (report, ip) in REPORTS {
            let address = IpAddr::V4(Ipv4Addr::from(ip));
            canaries.push(Canary::new("network address", address.to_string()));
            errands.push(Errand {
                report,
                photo: (report == "a").then(|| photo.clone()),
                worker: scheme.worker(&format!("worker-{report}"), address)?,
                code: String::new(),
            });
        }
        Ok((errands, canaries))
    }

    fn await_desks(&self, scheme: &Scheme, begun: Instant) -> io::Result<()> {
        let mut opened = PerDesk::default();
        while (opened.scheme < 3 || opened.police < 2) && begun.elapsed() < PATIENCE {
            self.go_on()?;
            for desk in DESKS {
                let new = number(&scheme.desk(desk, &["sync", "--json"])?, "opened");
                match desk {
                    "police" => opened.police += new,
                    _ => opened.scheme += new,
                }
            }
            thread::park_timeout(Duration::from_millis(100));
        }
        Ok(())
    }

    fn await_receipts(&self, errands: &[Errand], begun: Instant) -> io::Result<u64> {
        let mut verified = 0;
        for errand in errands {
            loop {
                self.go_on()?;
                let check = errand.worker.run_json(&["check", "--json"], &errand.code)?;
                let position = check.get("position").is_some_and(Value::is_u64);
                if position && number(&check, "witnesses") > 1 {
                    verified += 1;
                    (self.say)(&format!(
                        "report ({}) is proved to be in the public log of {} entries, which {} witnesses cosigned: her code says so",
                        errand.report,
                        number(&check, "entries"),
                        number(&check, "witnesses")
                    ));
                    break;
                }
                if begun.elapsed() > PATIENCE {
                    break;
                }
            }
        }
        Ok(verified)
    }

    fn count_desk(&self, scheme: &Scheme, desk: &str, outcome: &mut Outcome) -> io::Result<()> {
        let cases = scheme.desk(desk, &["export", "--json"])?;
        let cases = cases.as_array().cloned().unwrap_or_default();
        let texts: Vec<String> = cases.iter().map(Value::to_string).collect();
        let marks = ["ALPHA-7731", "BRAVO-2209", "CHARLIE-5518"];
        let counts = marks.map(|mark| texts.iter().filter(|text| text.contains(mark)).count());
        let opened = counts.iter().filter(|count| **count > 0).count();
        let twice: usize = counts.iter().map(|count| count.saturating_sub(1)).sum();
        let contacts = texts
            .iter()
            .filter(|t| t.contains("bravo.worker@example.org"))
            .count();
        outcome.duplicated += wide(twice);
        match desk {
            "police" => {
                (outcome.opened.police, outcome.contact_opened.police) =
                    (wide(opened), wide(contacts))
            }
            _ => {
                (outcome.opened.scheme, outcome.contact_opened.scheme) =
                    (wide(opened), wide(contacts))
            }
        }
        (self.say)(&format!(
            "desk {desk}: opened {opened} reports, contact details of {contacts}"
        ));
        Ok(())
    }

    fn go_on(&self) -> io::Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            Err(io::Error::new(io::ErrorKind::Interrupted, "stopped"))
        } else {
            Ok(())
        }
    }
}

fn send(errand: &mut Errand) -> io::Result<bool> {
    let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
    let from = reports.join(format!("{}.toml", errand.report));
    let from = from.to_string_lossy().into_owned();
    let mut arguments = vec!["report", "--from", from.as_str(), "--yes", "--json"];
    let photo = errand
        .photo
        .as_ref()
        .map(|p| p.to_string_lossy().into_owned());
    if let Some(photo) = &photo {
        arguments.extend(["--photo", photo.as_str()]);
    }
    let sent = errand.worker.run_json(&arguments, "")?;
    errand.code = sent
        .get("words")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_string();
    Ok(sent.get("accepted") == Some(&Value::from(true)))
}

/// Entries beyond the first that the public sequence has for each report's code.
fn duplicates_in_sequence(errands: &[Errand]) -> io::Result<u64> {
    errands.iter().try_fold(0, |sum, errand| {
        let check = errand.worker.run_json(&["check", "--json"], &errand.code)?;
        Ok(sum + number(&check, "matching").saturating_sub(1))
    })
}

fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or(0)
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
