//! What comes back to the workers: an answer, a warning, and a warning that was withdrawn.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;

use super::{Demo, Errand, Outcome, PATIENCE, number, wide};
use crate::scheme::{DESKS, Scheme, Worker};

/// What the scheme's desk put on the board.
pub(super) struct Said {
    answer: &'static str,
    warned_of: &'static str,
    withdrawn: &'static str,
}

impl Demo<'_> {
    /// The scheme's desk answers report (a), warns of one man, warns of another and takes that back.
    pub(super) fn answer_and_warn(&self, scheme: &Scheme) -> io::Result<Said> {
        let said = Said {
            answer: "We believe you. Ring us when you can: answer canary DELTA-9034.",
            warned_of: "07700 900461",
            withdrawn: "07700 900888",
        };
        let desk = |arguments: &[&str]| scheme.desk(DESKS[0], arguments);
        let cases = desk(&["export", "--json"])?;
        let case = cases
            .as_array()
            .into_iter()
            .flatten()
            .find(|case| case.to_string().contains("ALPHA-7731"))
            .and_then(|case| case.get("id")?.as_str().map(str::to_owned))
            .ok_or_else(|| io::Error::other("report (a) is not in the casebook"))?;
        let answer = self.write("answer.txt", said.answer)?;
        desk(&["reply", &case, "--text-file", &answer, "--yes", "--json"])?;
        (self.say)("the scheme's desk answered report (a), without knowing whom");

        let warn = |name: &str, phone: &str| {
            let file = self.write(name, &alert(phone))?;
            let made = desk(&["alert", "publish", "--from", &file, "--yes", "--json"])?;
            made.get("id")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .ok_or_else(|| io::Error::other("the desk printed no id of its alert"))
        };
        warn("alert-1.toml", said.warned_of)?;
        let wrong = warn("alert-2.toml", said.withdrawn)?;
        let reason = "It was another man.";
        desk(&[
            "alert", "cancel", &wrong, "--reason", reason, "--yes", "--json",
        ])?;
        (self.say)("it published two warnings, and took one of them back");
        Ok(said)
    }

    /// Desks read on and post how far they are, until report (a)'s code shows all that came back; then somebody who did
    /// not report looks both numbers up.
    pub(super) fn await_board(
        &self,
        scheme: &Scheme,
        said: &Said,
        errands: &[Errand],
        reader: &Worker,
        outcome: &mut Outcome,
    ) -> io::Result<()> {
        let begun = Instant::now();
        let Some(errand) = errands.first() else {
            return Ok(());
        };
        while begun.elapsed() < PATIENCE {
            self.go_on()?;
            for desk in DESKS {
                scheme.desk(desk, &["sync", "--json"])?;
            }
            let check = errand.worker.run_json(&["check", "--json"], &errand.code)?;
            let list = |key: &str| check.get(key).and_then(Value::as_array).cloned();
            let answers = list("replies").unwrap_or_default();
            let mine = |answer: &&Value| answer.to_string().contains(said.answer);
            outcome.replies_read = wide(answers.iter().filter(mine).count());
            outcome.read_marks = wide(list("read_by").unwrap_or_default().len());
            outcome.alerts_found = self.matches(reader, said.warned_of)?;
            // The end of a warning may be published after the warning itself.
            outcome.cancelled_found = self.matches(reader, said.withdrawn)?;
            let all = outcome.replies_read > 0 && outcome.read_marks > 1;
            if all && outcome.alerts_found > 0 && outcome.cancelled_found == 0 {
                break;
            }
        }
        (self.say)(&format!(
            "report (a)'s code opens {} answer and shows that {} desks have read it",
            outcome.replies_read, outcome.read_marks
        ));
        (self.say)(&format!(
            "looking the first number up on a device finds {} warning, the second {}",
            outcome.alerts_found, outcome.cancelled_found
        ));
        Ok(())
    }

    fn matches(&self, reader: &Worker, query: &str) -> io::Result<u64> {
        let found = reader.run_json(&["lookup", "-", "--json"], query)?;
        Ok(number(&found, "found"))
    }

    fn write(&self, name: &str, text: &str) -> io::Result<String> {
        let file: PathBuf = self.folder.join(name);
        fs::write(&file, text)?;
        Ok(file.to_string_lossy().into_owned())
    }
}

fn alert(phone: &str) -> String {
    format!(
        r#"area = "LS2"
status = "actual"
urgency = "expected"
severity = "severe"
certainty = "observed"
expires-in-days = 90
text = "Tall, shaved head, says Gilbert. A second man waits behind the door."

[[identifiers]]
kind = "phone"
value = "{phone}"
"#
    )
}
