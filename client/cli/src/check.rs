//! `brolly check`.

use brolly_client::check::{Stage, Standing, check};
use brolly_client::session::Cargo;
use brolly_keys::sign::Verified;
use brolly_protocol::board::reply::Opened;
use brolly_protocol::directory::Directory;
use brolly_protocol::node::NodeId;
use brolly_protocol::receipt::ReceiptCode;
use brolly_shell::cli::Failure;
use brolly_shell::{date, text};
use serde_json::{Value, json};

use crate::command::Check;
use crate::current::current;
use crate::talk::Talk;
use crate::{Device, archive, print};

/// Asks for a receipt code and looks for its report and the answers to it, in what everybody fetches or in an archive.
pub(crate) fn run(device: &Device, options: &Check) -> Result<(), Failure> {
    let kept = device.home.load()?;
    let code = ask(&mut Talk::stdio())?;
    let (standing, directory) = match options.archive.clone() {
        Some(folder) => {
            let directory = kept.kept_directory().map_err(Failure::configuration)?;
            device.network.work("reading the archive", move || {
                let standing = archive::check(&folder, &code, &directory, kept.logs())?;
                Ok((standing, directory))
            })?
        }
        None => {
            drop(kept);
            online(device, code)
        }
    }?;
    print(&if options.json {
        text::json(&object(&standing, &directory).to_string())
    } else {
        words(&standing, &directory)
    })
}

fn online(device: &Device, code: ReceiptCode) -> Result<(Standing, Verified<Directory>), Failure> {
    let (state, directory) = current(device)?;
    let exchange = device.network.exchange(&state, &Cargo::Cover);
    device.home.keep(Some(&state), &exchange.state)?;
    let window = exchange.window?;
    let directory = exchange.directory.unwrap_or(directory);
    device.network.work("checking", move || {
        let standing = check(&code, &directory, &window).map_err(Failure::failed)?;
        Ok((standing, directory))
    })?
}

/// Why a code on the command line is refused.
pub(crate) const NOT_AN_ARGUMENT: &str = "a receipt code is never typed behind `check`, where the shell keeps it: press Enter after `brolly check`, \
    then type the code, and clear your shell's history of the one just typed";

/// On a terminal a slip can be mended, twice.
fn ask(talk: &mut Talk<'_>) -> Result<ReceiptCode, Failure> {
    let mut tries = if talk.terminal { 3 } else { 1 };
    loop {
        let line = talk.line("Your receipt code, eight words or eight groups of digits: ")?;
        match ReceiptCode::parse(&line) {
            Ok(code) => return Ok(code),
            Err(error) => {
                tries -= 1;
                if tries == 0 {
                    return Err(Failure::failed(error));
                }
                talk.say(&format!("{error}."));
            }
        }
    }
}

fn object(standing: &Standing, directory: &Directory) -> Value {
    let state = match standing.stage() {
        Stage::NotPublished => "not-published",
        Stage::InLog => "in-log",
        Stage::Read => "read",
        Stage::Answered => "answered",
        _ => "unknown",
    };
    let read_by: Vec<String> = standing
        .read_by
        .iter()
        .map(|id| name(*id, directory))
        .collect();
    let reply = |reply: &Opened| json!({"desk": name(reply.desk, directory), "text": *reply.text});
    json!({
        "state": state,
        "position": standing.place.map(|place| place.position),
        "matching": standing.place.map_or(0, |place| place.matching),
        "entries": standing.entries,
        "before": standing.before,
        "witnesses": standing.witnesses,
        "witnessed": standing.time,
        "read_by": read_by,
        "replies": standing.replies.iter().map(reply).collect::<Vec<_>>(),
    })
}

fn words(standing: &Standing, directory: &Directory) -> String {
    let mut lines = vec![arrived(standing)];
    if !standing.read_by.is_empty() {
        let names: Vec<String> = standing
            .read_by
            .iter()
            .map(|id| text::line(&name(*id, directory)))
            .collect();
        lines.push(format!(
            "These desks say that they have read everything that was for them up to yours: {}.",
            names.join(", ")
        ));
    }
    for reply in &standing.replies {
        let desk = text::line(&name(reply.desk, directory));
        lines.push(format!("\nAnswer from {desk}:"));
        let said = text::lines(&reply.text);
        lines.extend(said.into_iter().map(|line| format!("  {line}")));
    }
    if !standing.replies.is_empty() {
        lines.push("\nWhoever holds your receipt code can read these answers too.".to_owned());
    }
    let skipped = match standing.before {
        0 => String::new(),
        before => format!(" The {before} before them are in the archive alone."),
    };
    lines.push(format!(
        "Entries checked on this device under the signatures of the inbox and of {} witnesses, as of {}: {}.{skipped} \
         That a relay took the report never counted.",
        standing.witnesses,
        date::words(date::of(standing.time)),
        standing.entries,
    ));
    lines.join("\n")
}

fn arrived(standing: &Standing) -> String {
    let Some(place) = standing.place else {
        if standing.stage() == Stage::Answered {
            return "Your report arrived, for it was answered. It is older than the entries that were looked at."
                .to_owned();
        }
        let older = match standing.before {
            0 => "",
            _ => {
                " If it is older than a week it can be found in a copy of a relay's mirror: `brolly check --archive DIR`."
            }
        };
        return format!(
            "Your report is not in the log yet. Reports wait in the relays so that nobody can tell whose is whose, and \
             the log is published from time to time: look again in a few hours. If it is not there after a day, \
             send it again.{older}"
        );
    };
    format!(
        "Your report arrived: exactly what you sent is number {} in the inbox's signed log.",
        place.position
    )
}

fn name(id: NodeId, directory: &Directory) -> String {
    // Who answered or marked was found in this very directory.
    directory
        .desk(id)
        .map_or_else(|| id.to_string(), |desk| desk.name.clone())
}

#[cfg(test)]
mod tests {
    use brolly_protocol::log::{Entry, Window};

    use super::*;
    use crate::fake::{NOW, Scheme};

    const GOOD: &str = "0000-0000-0000-0000-0000-0000-0000";

    /// A code of zeros with the one last group that fits its checksum.
    fn good() -> String {
        (0..2048)
            .map(|last| format!("{GOOD}-{last:04}"))
            .find(|text| ReceiptCode::parse(text).is_ok())
            .unwrap()
    }

    #[test]
    fn on_a_terminal_a_slip_in_a_receipt_code_can_be_mended() {
        let input = format!("abandon abandon\nabandn 1 2 3 4 5 6 7\n{}\n", good());
        let mut shown = Vec::new();
        let mut talk = Talk::scripted(&input, &mut shown);
        assert_eq!(*ask(&mut talk).unwrap().digits(), good());
        drop(talk);
        let shown = String::from_utf8(shown).unwrap();
        assert!(shown.contains("this has 2"), "{shown}");
        assert!(shown.contains("did you mean “abandon”?"), "{shown}");
    }

    #[test]
    fn three_slips_end_it() {
        let mut shown = Vec::new();
        let mut talk = Talk::scripted("a\nb\nc\nd\n", &mut shown);
        assert!(ask(&mut talk).is_err());
    }

    fn standing(scheme: &mut Scheme) -> Standing {
        let code = ReceiptCode::parse(&good()).unwrap();
        let receipt = code.receipt(&scheme.directory.scheme).unwrap();
        let other = [1; 32];
        for digest in [other, [2; 32]] {
            let mut tag = receipt.tag(&[2; 32]);
            if digest == other {
                tag = [0; 16];
            }
            scheme.publish(Entry { tag, digest });
        }
        scheme.mark(0, 2);
        let window = Window::verify(&scheme.window(), &scheme.directory).unwrap();
        check(&code, &scheme.directory, &window).unwrap()
    }

    #[test]
    fn the_words_say_what_was_checked() {
        let mut scheme = Scheme::new(NOW);
        let mut standing = standing(&mut scheme);
        let directory = &scheme.directory;
        let text = words(&standing, directory);
        for part in [
            "number 2 in",
            "Scheme desk",
            ": 2.",
            "3 witnesses",
            "never counted",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let said = object(&standing, directory);
        assert_eq!(said["state"], "read");
        assert_eq!(said["read_by"], json!(["Scheme desk"]));
        assert_eq!(
            (&said["position"], &said["witnesses"]),
            (&json!(2), &json!(3))
        );

        standing.read = false;
        standing.read_by.clear();
        assert_eq!(object(&standing, directory)["state"], "in-log");
        standing.place = None;
        let text = words(&standing, directory);
        assert!(
            text.contains("not in the log yet") && !text.contains("--archive"),
            "{text}"
        );
        standing.before = 512;
        assert!(words(&standing, directory).contains("brolly check --archive"));
        let said = object(&standing, directory);
        assert_eq!(said["state"], "not-published");
        assert_eq!(
            (&said["position"], &said["before"]),
            (&Value::Null, &json!(512))
        );
    }
}
