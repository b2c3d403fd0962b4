//! `brolly report`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use brolly_client::compose::{ComposeError, Composed, Known, Original, compose};
use brolly_client::draft::Draft;
use brolly_client::session::Cargo;
use brolly_client::state::State;
use brolly_client::wait::Wait;
use brolly_keys::sign::Verified;
use brolly_protocol::directory::{Directory, Purpose};
use brolly_protocol::receipt::ReceiptCode;
use brolly_protocol::report::Source;
use brolly_shell::cli::Failure;
use brolly_shell::{clock, random};
use zeroize::Zeroizing;

use crate::command::{Passphrase, Report, When};
use crate::current::current;
use crate::exchange::Network;
use crate::interview::{self, Subject};
use crate::queue::{self, Queue};
use crate::receipt::{self, Fate};
use crate::talk::Talk;
use crate::{Device, print, wait};

/// Takes a report, shows who will see what, sends it, and prints its receipt code once. No file ever holds any of it, but
/// for the outbox where she hands it over.
pub(crate) fn run(device: &Device, options: &Report) -> Result<(), Failure> {
    let mut talk = Talk::stdio();
    let queue = match options.queue {
        true => Some(Queue::open(device, options, &mut talk)?),
        false if options.for_queue() => return Err(Failure::usage(NOT_QUEUED)),
        false => None,
    };
    let (state, directory) = match queue {
        Some(_) => queue::known(device)?,
        None => current(device)?,
    };
    if directory.purpose == Purpose::Drill {
        talk.say(DRILL);
    }
    let project = state.invitation().project.clone();
    let (mut draft, photo) = draft(&mut talk, options, &directory, &project)?;
    if options.for_somebody_else {
        draft.incident.source = Source::ForSomebodyElse;
    }
    let mut photo = match photo.map(|path| read_photo(&path)) {
        Some(Err(failure)) if options.from.is_none() => another(&mut talk, &failure.message)?,
        read => read.transpose()?,
    };
    warn(&mut talk, options, &mut draft)?;
    let composed = loop {
        let made = composed(
            &device.network,
            &draft,
            photo.as_ref(),
            (&state, &directory),
        )?;
        match made {
            Ok(composed) => break composed,
            Err(error) if options.from.is_none() => mend(&mut talk, error, &mut draft, &mut photo)?,
            Err(error) => return Err(Failure::failed(error)),
        }
    };
    talk.say(&format!("\n{}\n", composed.preview));
    let queued = queue.as_ref().map(|queue| queue.wish);
    let wait = wait::tell(&mut talk, &state, &directory, queued);
    talk.say(&cost(options.queue));
    agree(&mut talk, options)?;

    let code = match &queue {
        Some(queue) => {
            queue.put(composed.letter)?;
            print(&receipt::text(
                &composed.code,
                Fate::Queued,
                wait,
                options.json,
            ))?;
            composed.code
        }
        None => send(device, &state, composed, wait, options.json)?,
    };
    if talk.terminal && options.from.is_none() && !options.json {
        receipt::practise(&mut talk, &code)?;
    }
    Ok(())
}

/// Sends it in a session of its own, and prints its code.
fn send(
    device: &Device,
    state: &State,
    composed: Composed,
    wait: Option<Wait>,
    json: bool,
) -> Result<ReceiptCode, Failure> {
    let Composed { letter, code, .. } = composed;
    let exchange = device.network.exchange(state, &Cargo::Report(letter));
    let kept = device.home.keep(Some(state), &exchange.state);
    if !exchange.carried {
        return Err(exchange
            .sent
            .err()
            .map_or_else(|| Failure::failed("the report was not sent"), nothing_kept));
    }
    let fate = match exchange.sent {
        Ok(()) => Fate::Taken,
        Err(_) => Fate::Unsaid,
    };
    // The code first: it is shown this once, and must not be lost to a full disk.
    print(&receipt::text(&code, fate, wait, json))?;
    kept?;
    exchange.sent.map_err(uncertain)?;
    Ok(code)
}

fn draft(
    talk: &mut Talk<'_>,
    options: &Report,
    directory: &Directory,
    project: &str,
) -> Result<(Draft, Option<PathBuf>), Failure> {
    if let Some(path) = &options.from {
        let bytes = read(path, TOML_LIMIT)?;
        let wrong = |error: String| Failure::configuration(format!("{}: {error}", path.display()));
        let text =
            std::str::from_utf8(&bytes).map_err(|_| wrong("this is not UTF-8 text".into()))?;
        let draft = Draft::from_toml(text).map_err(|error| wrong(error.to_string()))?;
        return Ok((draft, options.photo.clone()));
    }
    if !talk.terminal {
        return Err(Failure::failed("there is no terminal to ask on")
            .hint("write the report to a file and use --from REPORT.TOML"));
    }
    let subject = Subject {
        directory,
        project,
        for_somebody_else: options.for_somebody_else,
        has_photo: options.photo.is_some(),
    };
    let (draft, photo) = interview::ask(talk, &subject)?;
    Ok((draft, options.photo.clone().or(photo)))
}

/// Points at words that may give the writer away, and offers to take them out.
fn warn(talk: &mut Talk<'_>, options: &Report, draft: &mut Draft) -> Result<(), Failure> {
    let findings = draft.findings();
    if options.from.is_some() {
        for finding in &findings {
            talk.say(&format!("\u{201c}{}\u{201d}: {finding}.", finding.text));
        }
        if findings.is_empty() || options.yes {
            return Ok(());
        }
        return Err(
            Failure::failed("the words above may give you away; nothing was sent")
                .hint("take them out of the file, or add --yes to send it as it is"),
        );
    }
    let mut out = Vec::new();
    for finding in findings {
        talk.say(&format!("\n\u{201c}{}\u{201d}: {finding}.", finding.text));
        if talk.yes("Take it out?")? {
            out.push(finding);
        }
    }
    draft.take_out(&out);
    Ok(())
}

fn composed(
    network: &Network,
    draft: &Draft,
    photo: Option<&Zeroizing<Vec<u8>>>,
    (state, directory): (&State, &Verified<Directory>),
) -> Result<Result<Composed, ComposeError>, Failure> {
    let (draft, photo) = (draft.clone(), photo.cloned());
    let (state, directory) = (state.clone(), directory.clone());
    network.work("preparing", move || {
        let photo = photo.as_ref().map(|photo| Original::File(photo));
        let (now, mut rng) = (state.now(clock::now()), random::system());
        let known = Known {
            directory: &directory,
            keys: &state.keys(),
            read: &|desk| state.read(desk),
        };
        let project = &state.invitation().project;
        compose(&draft, photo, &known, project, now, &mut rng)
    })
}

/// Lets her change what does not fit, so that nothing has to be told twice.
fn mend(
    talk: &mut Talk<'_>,
    error: ComposeError,
    draft: &mut Draft,
    photo: &mut Option<Zeroizing<Vec<u8>>>,
) -> Result<(), Failure> {
    let photo_is_wrong = matches!(
        error,
        ComposeError::Photo(_) | ComposeError::NoRoomForPhoto { .. }
    );
    if photo_is_wrong {
        *photo = another(talk, &error.to_string())?;
        return Ok(());
    }
    talk.say(&format!("\n{error}."));
    if matches!(error, ComposeError::TooLong { .. }) {
        draft.incident.narrative = interview::narrative(talk)?;
        return warn(talk, &INTERACTIVE, draft);
    }
    if matches!(error, ComposeError::Contact { .. }) {
        draft.contact = talk.ask("How can the police reach you?")?;
        return Ok(());
    }
    Err(Failure::failed(error))
}

/// Asks for another photograph until one can be read or she sends none.
fn another(talk: &mut Talk<'_>, why: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    let mut why = why.to_owned();
    loop {
        talk.say(&format!("\n{why}."));
        let name =
            talk.ask("Another photograph? Type its file name, or press Enter to send none.")?;
        if name.is_empty() {
            return Ok(None);
        }
        match read_photo(Path::new(&name)) {
            Ok(photo) => return Ok(Some(photo)),
            Err(failure) => why = failure.message,
        }
    }
}

/// What is said of what a report costs its writer.
fn cost(queued: bool) -> String {
    let typed = match queued {
        true => "",
        false => TYPED,
    };
    format!("{LINKED}{typed}\n")
}

fn agree(talk: &mut Talk<'_>, options: &Report) -> Result<(), Failure> {
    if options.yes {
        return Ok(());
    }
    if !talk.terminal {
        return Err(Failure::failed(
            "there is nobody to ask whether to send this; nothing was sent",
        )
        .hint("add --yes to send it without asking"));
    }
    let question = match options.queue {
        true => "Hand it over now?",
        false => "Send it now?",
    };
    if talk.yes(question)? {
        return Ok(());
    }
    Err(Failure::failed(
        "nothing was sent, and nothing of it was kept on this device",
    ))
}

fn nothing_kept(mut failure: Failure) -> Failure {
    failure.message = format!(
        "no relay accepted the report: {}. Nothing of it was kept on this device, and there is no receipt code for it",
        failure.message
    );
    failure
        .hint
        .get_or_insert_with(|| "try again later".to_owned());
    failure
}

fn uncertain(mut failure: Failure) -> Failure {
    failure.message = format!(
        "it is not certain that a relay took the report: {}. Nothing of it was kept on this device",
        failure.message
    );
    failure.hint("look tomorrow with `brolly check` and the code above; if it is not in the log then, send it again")
}

fn read_photo(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    read(path, PHOTO_LIMIT)
}

fn read(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error| Failure::configuration(format!("cannot read {}: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > limit) {
        return Err(Failure::configuration(format!(
            "{} has more than {} MiB: it is not the file that was meant",
            path.display(),
            limit >> 20
        )));
    }
    Ok(bytes)
}

/// What is said first in a scheme that nobody is anonymous in.
pub(crate) const DRILL: &str = "THIS SCHEME IS A DRILL, for practice alone: nobody is anonymous in it, and nobody may read what you send.";
/// How a report is taken when she answers questions.
const INTERACTIVE: Report = Report {
    from: None,
    photo: None,
    for_somebody_else: false,
    yes: false,
    queue: false,
    wish: When::Soon,
    passphrase: Passphrase {
        file: None,
        credential: None,
    },
    json: false,
};
const NOT_QUEUED: &str =
    "--wish and a passphrase go with --queue: without it the report is sent at once";
const TOML_LIMIT: u64 = 1 << 20;
const PHOTO_LIMIT: u64 = 64 << 20;

/// The figures are those of `anonymity`, "linked reports" (SPEC §17.8).
const LINKED: &str = "If it can be told that you wrote other reports too, each of them makes you easier to find for somebody who watches every \
     relay. Measured with `brolly run` and honest relays, the first guess was right for about 1, 5 and 25 of 100 people after one, \
     two and three reports; where one relay alone was honest, for 2, 25 and 75.";
const TYPED: &str = " This report is sent as you type it, so that whoever watches your line sees when; `--queue` hides that.";

#[cfg(test)]
mod tests {

    use super::*;
    use crate::talk::with;

    fn draft() -> Draft {
        Draft::from_toml(
            "[incident]\nnarrative = \"I am Ana, ring 07700 900123\"\n[own]\nnames = [\"Ana\"]",
        )
        .unwrap()
    }

    #[test]
    fn each_warning_offers_to_take_the_words_out_or_leave_them() {
        let mut taken = draft();
        let (done, shown) = with("y\nn\n", |talk| warn(talk, &INTERACTIVE, &mut taken));
        done.unwrap();
        assert_eq!(taken.incident.narrative, "I am [...], ring 07700 900123");
        assert!(
            shown.contains("your name") && shown.contains("phone number"),
            "{shown}"
        );
        let mut left = draft();
        with("n\nn\n", |talk| warn(talk, &INTERACTIVE, &mut left))
            .0
            .unwrap();
        assert_eq!(left, draft());
    }

    #[test]
    fn what_does_not_fit_is_asked_for_again_and_the_rest_is_kept() {
        let mut said = draft();
        let mut photo = Some(Zeroizing::new(b"%PDF-1.7".to_vec()));
        let wrong = ComposeError::NoRoomForPhoto {
            left: 5,
            what: "what happened",
            over: 4_091,
        };
        let (done, shown) = with("/nonexistent/van.jpg\n\n", |talk| {
            mend(talk, wrong, &mut said, &mut photo)
        });
        done.unwrap();
        assert_eq!(photo, None);
        assert!(
            shown.contains("cannot read /nonexistent/van.jpg"),
            "{shown}"
        );
        let long = ComposeError::TooLong {
            over: 9,
            what: "what happened",
            takes: 22_000,
        };
        let (done, shown) = with("shorter\n\n", |talk| {
            mend(talk, long, &mut said, &mut photo)
        });
        done.unwrap();
        assert_eq!(said.incident.narrative, "shorter");
        assert_eq!(said.own, draft().own);
        assert!(shown.contains("9 bytes too long"), "{shown}");
    }

    #[test]
    fn who_sends_a_report_as_she_types_it_is_told_that_it_can_be_seen_when() {
        for queued in [true, false] {
            let said = cost(queued);
            assert!(said.contains("about 1, 5 and 25 of 100 people"), "{said}");
            assert_eq!(said.contains("`--queue` hides that"), !queued, "{said}");
        }
    }

    #[test]
    fn nothing_is_sent_without_a_yes() {
        assert!(with("y\n", |talk| agree(talk, &INTERACTIVE)).0.is_ok());
        let refused = with("\n", |talk| agree(talk, &INTERACTIVE)).0.unwrap_err();
        assert!(refused.message.contains("nothing was sent"));
        let mut nobody = Vec::new();
        let mut talk = Talk::scripted("y\n", &mut nobody);
        talk.terminal = false;
        let refused = agree(&mut talk, &INTERACTIVE).unwrap_err();
        assert!(refused.hint.unwrap().contains("--yes"));
    }
}
