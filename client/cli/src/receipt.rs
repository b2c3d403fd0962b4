//! What is printed when a report is on its way: its code, shown this once, and two of its words to type back.

use brolly_client::wait::Wait;
use brolly_protocol::receipt::{ReceiptCode, WORDS};
use brolly_shell::cli::Failure;
use brolly_shell::random;
use rand::RngExt;
use serde_json::json;
use zeroize::Zeroizing;

use crate::talk::Talk;

/// What became of a report when its code is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// A relay said that it took it.
    Taken,
    /// It was posted, and none said so.
    Unsaid,
    /// `brolly run` sends it.
    Queued,
}

/// The code in words and digits, and what became of the report.
pub(crate) fn text(
    code: &ReceiptCode,
    fate: Fate,
    wait: Option<Wait>,
    json: bool,
) -> Zeroizing<String> {
    let (words, digits) = (code.words(), code.digits());
    let begin = match fate {
        Fate::Taken => {
            "A relay took your report and sends it on. That alone is no proof that it arrived: look in a few hours"
        }
        Fate::Unsaid => {
            "Your report was sent, and no relay said that it took it. It may arrive all the same: look tomorrow"
        }
        Fate::Queued => {
            "Your report waits in the outbox; `brolly run` sends it, and again until it has arrived, a day later at the earliest. Look tomorrow"
        }
    };
    Zeroizing::new(if json {
        json!({
            "accepted": fate == Fate::Taken,
            "queued": fate == Fate::Queued,
            "words": *words,
            "digits": *digits,
            "wait_half_s": wait.map(|wait| wait.half),
            "wait_most_s": wait.map(|wait| wait.most),
        })
        .to_string()
    } else {
        format!(
            "{begin} with `brolly check`, which asks for this receipt code.\n\n  {}\n  {}\n\n\
             The words and the digits are the same code; either will do. It is shown this once and is kept nowhere. \
             It shows whether your report arrived and what was answered, on any device. Whoever holds it can read the \
             answers too, and show that its holder wrote the report: keep it where nobody looks, or in your head.",
            *words, *digits
        )
    })
}

/// Lets her type two of the words back, as often as she likes.
pub(crate) fn practise(talk: &mut Talk<'_>, code: &ReceiptCode) -> Result<(), Failure> {
    if !talk.yes("\nWould you like to try whether you have it, by typing two of the words?")? {
        return Ok(());
    }
    let first = random::system().random_range(0..WORDS);
    let second = (first + random::system().random_range(1..WORDS)) % WORDS;
    for place in [first.min(second), first.max(second)] {
        let words = code.words();
        let word = words.split(' ').nth(place).unwrap_or_default();
        loop {
            let typed = talk.ask(&format!("Word {}? (Enter ends this)", place + 1))?;
            if typed.is_empty() {
                return Ok(());
            }
            if typed.eq_ignore_ascii_case(word) {
                break;
            }
            talk.say("That is not it: look at the words above once more.");
        }
    }
    talk.say("Both are right.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::talk::with;

    #[test]
    fn a_receipt_code_is_printed_once_as_words_and_once_as_digits() {
        let code = ReceiptCode::generate(&mut ChaCha20Rng::seed_from_u64(1));
        let wait = Some(Wait { half: 7, most: 9 });
        for fate in [Fate::Taken, Fate::Unsaid, Fate::Queued] {
            let said = text(&code, fate, wait, false);
            for form in [code.words(), code.digits()] {
                assert_eq!(said.matches(form.as_str()).count(), 1, "{}", *said);
            }
            assert_eq!(
                said.contains("again until it has arrived"),
                fate == Fate::Queued
            );
            let unsaid = said.contains("no relay said that it took it");
            assert_eq!(unsaid, fate == Fate::Unsaid);
            let object: serde_json::Value =
                serde_json::from_str(&text(&code, fate, wait, true)).unwrap();
            assert_eq!(object["words"], *code.words());
            assert_eq!(object["digits"], *code.digits());
            assert_eq!(object["accepted"], fate == Fate::Taken);
            assert_eq!(object["queued"], fate == Fate::Queued);
            assert_eq!(
                (&object["wait_half_s"], &object["wait_most_s"]),
                (&json!(7), &json!(9))
            );
            let unknown: serde_json::Value =
                serde_json::from_str(&text(&code, fate, None, true)).unwrap();
            assert!(unknown["wait_half_s"].is_null() && unknown["wait_most_s"].is_null());
        }
    }

    #[test]
    fn two_of_the_words_can_be_typed_back() {
        let code = ReceiptCode::generate(&mut ChaCha20Rng::seed_from_u64(1));
        // Whichever two are asked for, all eight in a row hold both in their order.
        let words = code.words().replace(' ', "\n") + "\n";
        let (done, shown) = with(&format!("y\n{words}"), |talk| practise(talk, &code));
        done.unwrap();
        assert!(shown.contains("Both are right."), "{shown}");
        let (done, shown) = with("y\nwrong\n\n", |talk| practise(talk, &code));
        done.unwrap();
        assert!(
            shown.contains("not it") && !shown.contains("Both"),
            "{shown}"
        );
        assert!(with("n\n", |talk| practise(talk, &code)).0.is_ok());
    }
}
