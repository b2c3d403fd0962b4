//! Looking somebody up among all that live alerts warn of, as a worker's device does it.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use brolly_client::lookup;
use brolly_protocol::board::Live;
use brolly_protocol::board::alert::Members;
use brolly_protocol::identifier::{Indexed, unpack};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

use crate::figure::{Figure, Sheet, grouped};
use crate::memory::Alone;
use crate::people::{CALLING_CODE, KINDS, Person, Question, questions};
use crate::rounds::{median, medians};
use crate::scheme::Scheme;
use crate::{Outcome, alerts};

/// Questions of each kind.
const QUESTIONS: usize = 200;

pub(crate) fn run(sheet: &mut Sheet, count: usize, rounds: usize) -> Outcome {
    let mut rng = ChaCha20Rng::seed_from_u64(6);
    let people: Vec<Person> = (0..count / KINDS.len())
        .map(|_| Person::draw(&mut rng))
        .collect();
    let questions = questions(&people, QUESTIONS, &mut rng);
    let scheme = Scheme::new(4_096);
    let index = index(&scheme, &people)?;
    let members = alerts::members(&scheme);
    let warned = open(&index, &members)?;
    let [opening] = medians(
        rounds,
        [&mut || {
            black_box(open(&index, &members)?);
            Ok(())
        }],
    )?;
    let mut times = KINDS.map(|_| Vec::new());
    for round in questions.chunks(KINDS.len()) {
        for (question, times) in round.iter().zip(&mut times) {
            times.push(ask(question, &warned)?);
        }
    }

    let n = grouped(warned.iter().map(Vec::len).sum());
    sheet.heading(&format!(
        "Looking somebody up among {n} identifiers of {} alerts, {QUESTIONS} times by each kind",
        grouped(warned.len())
    ))?;
    let name = format!("index of {n} identifiers");
    sheet.put(&Figure::bytes(name, index.len()))?;
    let name = format!("open the index of {n} identifiers");
    sheet.put(&Figure::time(name, opening))?;
    for ((_, kind), times) in KINDS.into_iter().zip(times) {
        let worst = times.iter().copied().fold(0.0, f64::max);
        let name = |which| format!("look up {kind} among {n} identifiers, {which}");
        sheet.put(&Figure::time(name("median"), median(times)))?;
        sheet.put(&Figure::time(name("worst"), worst))?;
    }
    let name = "peak memory of a program that opens the index and asks all this";
    sheet.put(&Figure::new(name, peak(&index, &questions)?, "MiB").at_most(64.0))?;
    Ok(())
}

/// Opens the index and asks everything, as a program of its own, from the files that [`peak`] wrote.
pub(crate) fn alone(folder: &Path) -> Outcome {
    let index = fs::read(folder.join(INDEX))?;
    let warned = open(&index, &alerts::members(&Scheme::new(4_096)))?;
    for text in fs::read_to_string(folder.join(ASKED))?.lines() {
        let text = text.to_owned();
        ask(&Question { text, whole: false }, &warned)?;
    }
    Ok(())
}

fn peak(index: &[u8], questions: &[Question]) -> Outcome<f64> {
    let folder = tempfile::tempdir()?;
    let asked: Vec<&str> = questions
        .iter()
        .map(|question| question.text.as_str())
        .collect();
    fs::write(folder.path().join(INDEX), index)?;
    fs::write(folder.path().join(ASKED), asked.join("\n"))?;
    Alone::Lookup.peak(folder.path())
}

fn index(scheme: &Scheme, people: &[Person]) -> Outcome<Vec<u8>> {
    let records = people
        .iter()
        .map(Person::records)
        .collect::<Outcome<Vec<_>>>()?;
    Ok(alerts::live(scheme, &alerts::publish(scheme, &records)?)?.index())
}

/// The identifiers of every alert.
fn open(index: &[u8], members: &Members) -> Outcome<Vec<Vec<Indexed>>> {
    let (alerts, damaged) = Live::open(index, members).ok_or("the index is cut short")?;
    if damaged > 0 {
        return Err(format!("{damaged} alerts of the index do not open").into());
    }
    let mut warned = Vec::with_capacity(alerts.len());
    for alert in alerts {
        let records: Vec<_> = alert
            .records
            .iter()
            .map(|record| record.identifiers)
            .collect();
        warned.push(unpack(&records)?.1);
    }
    Ok(warned)
}

/// Looks it up, and gives the time in seconds; what was published must be found.
fn ask(question: &Question, warned: &[Vec<Indexed>]) -> Outcome<f64> {
    let begun = Instant::now();
    let all = warned
        .iter()
        .map(|identifiers| (identifiers.as_slice(), ()));
    let found = black_box(lookup::search(&question.text, CALLING_CODE, all)?);
    let time = begun.elapsed().as_secs_f64();
    let exact = found.hits.first().is_some_and(|hit| hit.reason.is_exact());
    if question.whole && !exact {
        return Err(format!("{:?} is in an alert and was not found", question.text).into());
    }
    Ok(time)
}

const INDEX: &str = "index";
const ASKED: &str = "asked";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_who_was_published_is_found_and_nobody_else() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let people: Vec<Person> = (0..40).map(|_| Person::draw(&mut rng)).collect();
        let scheme = Scheme::new(4_096);
        let index = index(&scheme, &people).unwrap();
        let warned = open(&index, &alerts::members(&scheme)).unwrap();
        assert_eq!(warned.iter().map(Vec::len).sum::<usize>(), 160);
        let asked = questions(&people, 30, &mut rng);
        assert_eq!(asked.iter().filter(|question| question.whole).count(), 40);
        for question in &asked {
            ask(question, &warned).unwrap();
        }
        let text = "Nobody Whatsoever".to_owned();
        assert!(ask(&Question { text, whole: true }, &warned).is_err());
        assert!(open(&index[1..], &alerts::members(&scheme)).is_err());
    }
}
