//! Answering somebody who reported (SPEC §11.9).
//!
//! ```text
//!  text ─▶ seal once ─▶ casebook: answer n, durable ─▶ POST /v1/board ─▶ casebook: posted
//!                          └── after a crash, or with the inbox away: the same bytes, with the next sync or answer
//! ```

use brolly_keys::pair::PublicKey;
use brolly_protocol::board::reply;
use brolly_protocol::geometry::REPLY_TEXT;
use brolly_protocol::report::ReplyWanted;
use brolly_shell::random;

use crate::casebook::{Answer, Case, Casebook, CasebookError, Day, Record};
use crate::fields::words;
use crate::inbox::{Inbox, PostError};
use crate::place::Place;
use crate::text;
use crate::unlock::{Keys, UnlockError};

/// Why an answer was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// The key file.
    #[error(transparent)]
    Keys(#[from] UnlockError),
    /// The text.
    #[error(transparent)]
    Answer(#[from] reply::AnswerError),
    /// The case has no key to answer to.
    #[error("this report cannot be answered: the key for answers in it is not valid")]
    NoKey,
    /// The casebook.
    #[error(transparent)]
    Casebook(#[from] CasebookError),
    /// Kept, not taken.
    #[error("{0}; the answer is kept and goes out with the next `brolly-desk sync`")]
    Post(PostError),
}

/// Seals the next answer to a case and keeps it, durably, before anybody is told.
///
/// # Errors
/// [`ReplyError`]; nothing is kept then.
pub fn keep(
    place: &Place,
    keys: &Keys,
    casebook: &mut Casebook,
    case: &Case,
    said: &str,
) -> Result<u32, ReplyError> {
    let to = case.reply_key.as_slice().try_into().ok();
    let to = to.and_then(|bytes| PublicKey::from_bytes(bytes).ok());
    let number = next(casebook, case);
    let answer = reply::Answer {
        scheme: place.directory.scheme,
        desk: place.desk.id,
        to: &to.ok_or(ReplyError::NoKey)?,
        tag: reply::tag(&case.reply_root, number),
        text: said,
    };
    let sealed = answer.seal(&keys.signing()?, &mut random::system())?;
    casebook.append(vec![Record::Answer(Box::new(Answer {
        digest: case.digest,
        number,
        day: Day::at(place.time.now()),
        text: said.to_owned(),
        entry: sealed.to_entry(),
    }))])?;
    Ok(number)
}

/// The number of the next answer to whoever sent a case. A report that was sealed and sent again is a case of its own under
/// the same root: counted apart, two answers would stand under one tag.
pub fn next(casebook: &Casebook, case: &Case) -> u32 {
    let same = casebook.cases().iter();
    let same = same.filter(|other| other.reply_root == case.reply_root);
    let answers = same.map(|other| casebook.answers(&other.digest).count());
    u32::try_from(answers.sum::<usize>()).unwrap_or(u32::MAX)
}

/// Posts every answer that the inbox has not taken yet, oldest first, the bytes that were sealed; says how many. One that
/// the inbox refuses does not hold up the others.
///
/// # Errors
/// [`ReplyError`]; those before are posted.
pub async fn post_waiting(inbox: &Inbox, casebook: &mut Casebook) -> Result<u64, ReplyError> {
    let waiting: Vec<Answer> = casebook.waiting().cloned().collect();
    let mut posted = 0;
    let mut refused = None;
    for answer in waiting {
        let (digest, number) = (answer.digest, answer.number);
        match inbox.post(answer.entry).await {
            Ok(()) => casebook.append(vec![Record::Posted { digest, number }])?,
            Err(error @ PostError::Refused) => {
                refused = Some(error);
                continue;
            }
            Err(error) => return Err(ReplyError::Post(error)),
        }
        posted += 1;
    }
    match refused {
        Some(error) => Err(ReplyError::Post(error)),
        None => Ok(posted),
    }
}

/// Refuses a text that no answer has room for, before anybody is asked about it.
///
/// # Errors
/// [`ReplyError::Answer`].
pub fn fits(said: &str) -> Result<(), ReplyError> {
    match said.len().checked_sub(REPLY_TEXT) {
        Some(long) if long > 0 => Err(reply::AnswerError::TooLong(long).into()),
        _ => Ok(()),
    }
}

/// What is about to be sent, and to whom.
pub fn preview(id: &str, case: &Case, number: u32, said: &str) -> String {
    let incident = &case.report.incident;
    let kinds: Vec<_> = incident.kinds.iter().map(words).collect();
    let about = [kinds.join(", "), text::line(&incident.area)];
    let about: Vec<_> = about.into_iter().filter(|part| !part.is_empty()).collect();
    let mut out = format!(
        "To whoever sent report {id}, fetched {}{}{}: answer {}\n",
        case.received,
        if about.is_empty() { "" } else { ": " },
        about.join(", "),
        number.saturating_add(1)
    );
    if case.report.reply == ReplyWanted::default() {
        out.push_str("The report does not ask for an answer. Nobody may look for this one.\n");
    }
    out.push_str(
        "Only the holder of the receipt code can open it; she has to look for it herself.\n\n",
    );
    for line in text::lines(said) {
        out.push_str(&format!("  {line}\n"));
    }
    out
}
