//! The compact index of live alerts: what every client fetches whole and searches on its own.

use std::hint::black_box;

use brolly_keys::epoch::Epoch;
use brolly_protocol::board::alert::{
    Certainty, Draft, IDENTIFIERS, Levels, Members, Message, Severity, Status, Text, Urgency,
};
use brolly_protocol::board::{Entry, Live};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

use crate::Outcome;
use crate::figure::{Figure, Sheet, grouped, number};
use crate::rounds::medians;
use crate::scheme::{NOW, Scheme, desk_key};

pub(crate) fn run(sheet: &mut Sheet, count: usize, rounds: usize) -> Outcome {
    let scheme = Scheme::new(4_096);
    let members = members(&scheme);
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let records: Vec<_> = (0..count).map(|_| vec![rng.random()]).collect();
    let live = live(&scheme, &publish(&scheme, &records)?)?;
    let index = live.index();
    let [digesting, opening] = medians(
        rounds,
        [
            &mut || {
                black_box(live.digests());
                Ok(())
            },
            &mut || all_open(&index, &members, count),
        ],
    )?;
    let n = grouped(count);
    sheet.heading(&format!(
        "The index of {n} alerts of one record each, medians of {rounds} rounds"
    ))?;
    let limit = 300.0 * 1_024.0 / 5_000.0 * number(count);
    sheet.put(&Figure::bytes(format!("index of {n} alerts"), index.len()).at_most(limit))?;
    let digest = Figure::time(
        format!("write the index of {n} alerts and its digest"),
        digesting,
    );
    sheet.put(&digest)?;
    sheet.put(
        &Figure::time(format!("open the index of {n} alerts"), opening)
            .beside("writing it and its digest", &digest),
    )?;
    Ok(())
}

/// What members of a scheme open alerts with.
pub(crate) fn members(scheme: &Scheme) -> Members {
    Members::new([4; 32], scheme.directory.scheme)
}

/// The board's entries of alerts with these records.
pub(crate) fn publish(scheme: &Scheme, alerts: &[Vec<[u8; IDENTIFIERS]>]) -> Outcome<Vec<Vec<u8>>> {
    let members = members(scheme);
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let desk = scheme.directory.desks.first().ok_or("no desk")?.id;
    let week = Epoch::at(NOW, scheme.directory.parameters.desk_epoch);
    let day = u32::try_from(NOW / 86_400)?;
    let text = Text {
        sender: "Scheme desk".to_owned(),
        levels: Levels {
            status: Status::Actual,
            urgency: Urgency::Expected,
            severity: Severity::Severe,
            certainty: Certainty::Observed,
        },
        area: "LS2".to_owned(),
        text: "White van, gives the name Dave. Do not get in.".to_owned(),
        identifiers: vec![("phone".to_owned(), "07700 900123".to_owned())],
    };
    let mut board = Vec::new();
    for identifiers in alerts {
        let draft = Draft {
            desk,
            message: Message::Alert,
            references: None,
            day,
            expires: day + 90,
            text: &text,
            identifiers,
        };
        let (_, entry) = draft.seal(&members, week, &desk_key(), &mut rng)?;
        board.push(entry);
    }
    Ok(board)
}

/// The alerts that are live after these entries.
pub(crate) fn live(scheme: &Scheme, board: &[Vec<u8>]) -> Outcome<Live> {
    let mut live = Live::new();
    for (position, entry) in (0..).zip(board) {
        live.apply(position, entry, &Entry::verify(entry, &scheme.directory)?);
    }
    Ok(live)
}

fn all_open(index: &[u8], members: &Members, count: usize) -> Outcome {
    let (alerts, damaged) = Live::open(index, members).ok_or("the index is cut short")?;
    if (alerts.len(), damaged) == (count, 0) {
        Ok(())
    } else {
        Err(format!("{} alerts of {count} open", alerts.len()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_published_is_in_the_index_and_opens() {
        let scheme = Scheme::new(4_096);
        let members = members(&scheme);
        let board = publish(&scheme, &vec![vec![[7; IDENTIFIERS]]; 20]).unwrap();
        let mut index = live(&scheme, &board).unwrap().index();
        assert_eq!(index.len(), 20 * 60);
        all_open(&index, &members, 20).unwrap();
        index[61] ^= 1;
        assert!(all_open(&index, &members, 20).is_err());
    }
}
