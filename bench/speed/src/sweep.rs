//! `brolly-bench sweep`: what a desk does for each cell of the inbox on one core, beside the reference, and beside gpg and
//! age as whole processes.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::digest;
use aws_lc_rs::kem::{Ciphertext, DecapsulationKey, ML_KEM_768};
use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::Desk;
use brolly_keys::suite::{ENC, reference};
use brolly_protocol::cell::{Letter, OpenError, Recipient, SealedCell};
use brolly_protocol::geometry::{CONTACT_AT, RECEIPT_TAG, SLOTS, STANZA, STANZA_PLAIN, TOKEN};
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::receipt::ReceiptCode;
use brolly_protocol::report::{Incident, Report, Slot};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::Outcome;
use crate::figure::{Figure, Sheet, number};
use crate::rounds::medians;

pub(crate) fn run(sheet: &mut Sheet, quick: bool) -> Outcome {
    let (count, files, rounds) = if quick { (16, 2, 5) } else { (256, 8, 21) };
    let sample = Sample::new(count)?;
    let bare = Bare::new()?;
    let [hashes, raw, others, ours, others_by, ours_by] = medians(
        rounds,
        [
            &mut || sample.others.iter().try_for_each(|cell| Bare::hash(cell)),
            &mut || sample.others.iter().try_for_each(|cell| bare.open(cell)),
            &mut || sample.sweep(&sample.others, false),
            &mut || sample.sweep(&sample.ours, true),
            &mut || sample.sweep_by_reference(&sample.others, false),
            &mut || sample.sweep_by_reference(&sample.ours, true),
        ],
    )?;
    sheet.heading(&format!(
        "A desk's sweep on one core, medians of {rounds} rounds of {count} cells"
    ))?;
    let rate =
        |name: &str, count: usize, seconds: f64| Figure::new(name, number(count) / seconds, "/s");
    let hashes = rate("aws-lc's bare SHA-256 over a cell", count, hashes);
    sheet.put(&hashes)?;
    let raw = rate("the same, and its bare X25519 and ML-KEM-768", count, raw);
    sheet.put(&raw)?;
    let reference = rate(
        "not addressed, by hpke 0.15, stanza alone",
        count,
        others_by,
    );
    sheet.put(&reference)?;
    let others = rate(
        "not addressed: taken from the page, digest, opened",
        count,
        others,
    );
    sheet.put(&others.clone().beside("hpke", &reference))?;
    sheet.put(&others.named("not addressed").beside("the bare sum", &raw))?;
    let reference = rate("addressed, by hpke 0.15, stanza alone", count, ours_by);
    sheet.put(&reference)?;
    let ours = rate("addressed: the same, checked and read", count, ours);
    sheet.put(&ours.clone().beside("hpke", &reference))?;

    for peer in [Peer::age(), Peer::gpg()] {
        let peer = match peer {
            Ok(peer) => peer,
            Err(error) => {
                sheet.heading(&format!("  {error}"))?;
                continue;
            }
        };
        let [seconds] = medians(rounds.min(9), [&mut || peer.open(files)])?;
        let figure = rate(peer.name, files, seconds);
        sheet.put(&figure)?;
        sheet.put(&ours.named("addressed").beside("as many", &figure))?;
    }
    Ok(())
}

/// A desk, cells for it, and cells for nobody.
struct Sample {
    ring: KeyRing<Desk>,
    ours: Vec<Vec<u8>>,
    others: Vec<Vec<u8>>,
}

impl Sample {
    fn new(count: usize) -> Outcome<Self> {
        let mut rng = ChaCha20Rng::seed_from_u64(12);
        let secret = SecretKey::generate(&mut rng);
        let desk = Recipient {
            desk: DESK,
            key: secret.public(),
        };
        let mut ring = KeyRing::new();
        ring.insert(WEEK, secret);
        let report = Report {
            incident: Incident {
                narrative: "He had a van. ".repeat(40),
                ..Incident::default()
            },
            ..Report::default()
        };
        let letter = Letter {
            scheme: SCHEME,
            week: WEEK,
            token: &[5; TOKEN],
            desks: Slot::ALL.map(|slot| (slot == SLOT).then_some(&desk)),
            report: &report,
            contact: "ring 07700 900123",
        };
        let receipt = ReceiptCode::generate(&mut rng).receipt(&SCHEME)?;
        let mut sample = Self {
            ring,
            ours: Vec::with_capacity(count),
            others: Vec::with_capacity(count),
        };
        for _ in 0..count {
            let cell = SealedCell::seal(&letter, &receipt, &mut rng)?;
            sample.ours.push(cell.as_bytes().to_vec());
            let cell = SealedCell::cover(SCHEME, WEEK, &[5; TOKEN], &mut rng)?;
            sample.others.push(cell.as_bytes().to_vec());
        }
        Ok(sample)
    }

    /// What `brolly-desk sync` does for each cell of a page.
    fn sweep(&self, cells: &[Vec<u8>], addressed: bool) -> Outcome {
        for cell in cells {
            let cell = SealedCell::from_bytes(cell).ok_or("no cell")?;
            black_box(cell.digest());
            match cell.open(SCHEME, DESK, SLOT, &self.ring) {
                Ok(opened) if addressed => drop(black_box(opened)),
                Err(OpenError::NotOurs) if !addressed => {}
                _ => return Err("a cell opened that should not, or the other way".into()),
            }
        }
        Ok(())
    }

    /// The digest and the stanza, opened by the `hpke` crate; nothing behind it.
    fn sweep_by_reference(&self, cells: &[Vec<u8>], addressed: bool) -> Outcome {
        let week = WEEK.number().to_be_bytes();
        let place = [SLOT.place()];
        let info = [
            b"brolly/1 desk".as_slice(),
            &SCHEME.0,
            &DESK.0,
            &place,
            &week,
        ]
        .concat();
        let held = self.ring.by_epoch(WEEK).ok_or("no key")?;
        for cell in cells {
            let (head, tail) = cell.split_at_checked(CONTACT_AT).ok_or("no cell")?;
            let (bound, stanzas) = head
                .split_at_checked(CONTACT_AT - SLOTS * STANZA)
                .ok_or("no stanzas")?;
            let tail = Sha256::digest(tail);
            let covered = head.get(RECEIPT_TAG..).ok_or("no cell")?;
            black_box(
                Sha256::new()
                    .chain_update(covered)
                    .chain_update(tail)
                    .finalize(),
            );
            let aad = [bound.get(RECEIPT_TAG..).ok_or("no token")?, &tail].concat();
            let stanza = stanzas
                .chunks_exact(STANZA)
                .nth(usize::from(SLOT.place()))
                .and_then(|stanza| stanza.get(4..))
                .ok_or("no stanza")?;
            let (enc, sealed) = stanza
                .split_first_chunk::<ENC>()
                .ok_or("no encapsulation")?;
            let mut keys = [0; STANZA_PLAIN];
            let opened = reference::open(&held.secret, &info, &aad, enc, sealed, &mut keys);
            if black_box(opened).is_ok() != addressed {
                return Err("a stanza opened that should not, or the other way".into());
            }
        }
        Ok(())
    }
}

/// What no cell can be refused without, and nothing else: its digest, and the decapsulation.
struct Bare {
    x25519: PrivateKey,
    ml_kem: DecapsulationKey,
    share: Vec<u8>,
    encapsulated: Vec<u8>,
}

impl Bare {
    fn new() -> Outcome<Self> {
        let x25519 = PrivateKey::generate(&X25519)?;
        let ml_kem = DecapsulationKey::generate(&ML_KEM_768)?;
        let (encapsulated, _) = ml_kem.encapsulation_key()?.encapsulate()?;
        let share = PrivateKey::generate(&X25519)?.compute_public_key()?;
        Ok(Self {
            share: share.as_ref().to_vec(),
            encapsulated: encapsulated.as_ref().to_vec(),
            x25519,
            ml_kem,
        })
    }

    fn hash(cell: &[u8]) -> Outcome {
        let covered = cell.get(RECEIPT_TAG..CONTACT_AT).ok_or("no cell")?;
        let body = cell.get(CONTACT_AT..).ok_or("no cell")?;
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(covered);
        context.update(digest::digest(&digest::SHA256, body).as_ref());
        black_box(context.finish());
        Ok(())
    }

    fn open(&self, cell: &[u8]) -> Outcome {
        Self::hash(cell)?;
        let peer = UnparsedPublicKey::new(&X25519, &self.share);
        agreement::agree(&self.x25519, peer, "refused", |shared| {
            black_box(shared);
            Ok(())
        })?;
        let ciphertext = Ciphertext::from(self.encapsulated.as_slice());
        black_box(self.ml_kem.decapsulate(ciphertext)?);
        Ok(())
    }
}

/// Another program, a folder with a key of its own, and a file of a cell's size sealed to it.
struct Peer {
    name: &'static str,
    folder: TempDir,
    program: &'static str,
    arguments: Vec<String>,
    agent: bool,
}

impl Peer {
    fn age() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let (key, plain, sealed) = files(folder.path())?;
        installed("age")?;
        quiet("age-keygen", folder.path(), &["-o", &key])?;
        let text = fs::read_to_string(&key)?;
        let recipient = text
            .lines()
            .find_map(|line| line.strip_prefix("# public key: "))
            .ok_or("age-keygen named no public key")?;
        quiet(
            "age",
            folder.path(),
            &["-r", recipient, "-o", &sealed, &plain],
        )?;
        Ok(Self {
            name: "age, a process a file, X25519",
            program: "age",
            arguments: ["-d", "-i", &key, &sealed].map(str::to_owned).into(),
            folder,
            agent: false,
        })
    }

    fn gpg() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let (_, plain, sealed) = files(folder.path())?;
        installed("gpg")?;
        let peer = Self {
            name: "gpg, a process a file, Curve25519",
            program: "gpg",
            arguments: ["--batch", "--quiet", "--decrypt", &sealed]
                .map(str::to_owned)
                .into(),
            folder,
            agent: true,
        };
        let made: [&[&str]; 2] = [
            &[
                "--batch",
                "--quiet",
                "--passphrase",
                "",
                "--quick-generate-key",
                "desk",
                "future-default",
                "default",
                "never",
            ],
            &[
                "--batch",
                "--quiet",
                "--trust-model",
                "always",
                "--recipient",
                "desk",
                "--output",
                &sealed,
                "--encrypt",
                &plain,
            ],
        ];
        for arguments in made {
            quiet("gpg", peer.folder.path(), arguments)?;
        }
        Ok(peer)
    }

    fn open(&self, files: usize) -> Outcome {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        (0..files).try_for_each(|_| quiet(self.program, self.folder.path(), &arguments))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if self.agent {
            // Its agent ends by itself as well, once its folder is gone.
            let _ = quiet("gpgconf", self.folder.path(), &["--kill", "gpg-agent"]);
        }
    }
}

/// Names for a key and a sealed file, and a file of a cell's size.
fn files(folder: &Path) -> Outcome<(String, String, String)> {
    let name = |name: &str| path(folder.join(name));
    let plain = name("plain")?;
    fs::write(&plain, [5; brolly_protocol::geometry::DELIVERED])?;
    Ok((name("key")?, plain, name("sealed")?))
}

fn path(path: PathBuf) -> Outcome<String> {
    Ok(path
        .into_os_string()
        .into_string()
        .map_err(|_| "a path that is no text")?)
}

fn installed(program: &str) -> Outcome {
    let found = command(program, Path::new("/"), &["--version"]).status();
    match found {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("{program} is not installed here: not measured").into()),
    }
}

fn quiet(program: &str, folder: &Path, arguments: &[&str]) -> Outcome {
    let status = command(program, folder, arguments).status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{program} ended with {status}").into()),
    }
}

fn command(program: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("GNUPGHOME", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

const SCHEME: SchemeId = SchemeId([7; 32]);
const SLOT: Slot = Slot::Scheme;
const DESK: NodeId = NodeId([3; 16]);
const WEEK: Epoch = Epoch::new(2_900);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_opens_at_this_desk_or_at_none() {
        let sample = Sample::new(1).unwrap();
        for (cells, addressed) in [(&sample.ours, true), (&sample.others, false)] {
            sample.sweep(cells, addressed).unwrap();
            sample.sweep_by_reference(cells, addressed).unwrap();
            assert!(sample.sweep(cells, !addressed).is_err());
            assert!(sample.sweep_by_reference(cells, !addressed).is_err());
        }
        assert!(installed("no-such-program").is_err());
    }
}
