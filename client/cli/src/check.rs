//! `brolly check`.

use brolly_client::check::{Standing, check};
use brolly_client::session::Cargo;
use brolly_protocol::receipt::ReceiptCode;
use brolly_shell::cli::Failure;
use serde_json::json;

use crate::current::current;
use crate::talk::Talk;
use crate::{Device, print};

/// Asks for a receipt code and looks for its report in the whole public log.
pub(crate) fn run(device: &Device, json: bool) -> Result<(), Failure> {
    device.home.load()?;
    let code = ask(&mut Talk::stdio())?;
    let (state, _) = current(device)?;
    let exchange = device.network.exchange(&state, &Cargo::Cover);
    device.home.keep(Some(&state), &exchange.state)?;
    let log = exchange.log?;
    let scheme = state.invitation().scheme;
    let standing = device
        .network
        .work("checking", move || check(&code, &scheme, &log))?
        .map_err(Failure::failed)?;
    print(&if json {
        object(standing)
    } else {
        words(standing)
    })
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

fn object(standing: Standing) -> String {
    match standing {
        Standing::InLog {
            position,
            matching,
            entries,
        } => json!({
            "state": "in-log",
            "entries": entries,
            "position": position,
            "matching": matching,
        }),
        Standing::NotPublished { entries } => json!({"state": "not-published", "entries": entries}),
        _ => json!({"state": "unknown"}),
    }
    .to_string()
}

fn words(standing: Standing) -> String {
    let (found, entries) = match standing {
        Standing::InLog {
            position, entries, ..
        } => (
            format!("Your report arrived: exactly what you sent is number {position} in the inbox's signed log."),
            entries,
        ),
        Standing::NotPublished { entries } => (
            "Your report is not in the log yet. Reports wait in the relays so that nobody can tell whose is whose, and \
             the log is published from time to time: look again in a few hours. If it is not there after a day, \
             send it again."
                .to_owned(),
            entries,
        ),
        _ => ("This program is too old to say.".to_owned(), 0),
    };
    format!(
        "{found}\nEntries checked on this device under the inbox's signature: {entries}. \
         That a relay took the report never counted."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn the_words_say_what_was_checked() {
        let text = words(Standing::InLog {
            position: 4,
            matching: 1,
            entries: 17,
        });
        assert!(text.contains("number 4") && text.contains(": 17"), "{text}");
        assert!(text.contains("never counted"));
        let text = words(Standing::NotPublished { entries: 9 });
        assert!(
            text.contains("not in the log yet") && text.contains(": 9"),
            "{text}"
        );
    }
}
