//! What another value of a parameter means for people.

use brolly_protocol::directory::Parameters;

use super::{About, Change};
use crate::inspect::stay;
use crate::time::span;

/// The parameters that differ, a sentence each.
pub(super) fn changes(old: &Parameters, new: &Parameters) -> Vec<Change> {
    let seconds = |seconds: u64| span(u128::from(seconds) * 1_000);
    let mut rows = vec![
        Row {
            what: "packets stay in a relay on average",
            values: [stay(old), stay(new)],
            words: [old, new].map(|p| span(stay(p))),
            less: Meaning::Worse("LESS anonymity"),
            more: Meaning::Other("more anonymity, and reports take longer"),
        },
        Row {
            what: "a relay considers sending every",
            values: [old, new].map(|p| p.mix.tick_ms.into()),
            words: [old, new].map(|p| span(p.mix.tick_ms.into())),
            less: Meaning::Other("more, smaller batches"),
            more: Meaning::Other("fewer, larger batches"),
        },
        Row {
            what: "packets that always stay behind in a relay",
            values: [old, new].map(|p| number(p.mix.min_pool)),
            words: [old, new].map(|p| p.mix.min_pool.to_string()),
            less: Meaning::Worse("LESS anonymity"),
            more: Meaning::Other("more anonymity, and nothing leaves a relay before it holds more"),
        },
        Row {
            what: "a relay's packet key lasts",
            values: [old, new].map(|p| p.packet_epoch.into()),
            words: [old, new].map(|p| seconds(p.packet_epoch)),
            less: Meaning::Other("a seized relay opens less of what was recorded"),
            more: Meaning::Worse("a seized relay opens MORE of what was recorded"),
        },
        Row {
            what: "a desk's key lasts",
            values: [old, new].map(|p| p.desk_epoch.into()),
            words: [old, new].map(|p| seconds(p.desk_epoch)),
            less: Meaning::Other("a stolen desk's key opens fewer old reports"),
            more: Meaning::Worse("a stolen desk's key opens MORE old reports"),
        },
        Row {
            what: "the next directory takes effect after it was logged by",
            values: [old, new].map(|p| p.effective_after.into()),
            words: [old, new].map(|p| seconds(p.effective_after)),
            less: Meaning::Worse("LESS time to notice one that nobody should have signed"),
            more: Meaning::Other("more time to notice one that nobody should have signed"),
        },
        Row {
            what: "the logs are published every",
            values: [old, new].map(|p| p.publish_ms.into()),
            words: [old, new].map(|p| span(p.publish_ms.into())),
            less: Meaning::Worse("LESS anonymity: the logs tell more exactly when a report came"),
            more: Meaning::Other("more anonymity, and reports reach the desks later"),
        },
        Row {
            what: "entries of each log that clients fetch",
            values: [old, new].map(|p| p.window.into()),
            words: [old, new].map(|p| p.window.to_string()),
            less: Meaning::Worse("who looks seldom MAY MISS her receipt"),
            more: Meaning::Other("every session fetches more"),
        },
        Row {
            what: "one cover cell is delivered in",
            values: [old, new].map(|p| p.cover_deliver_one_in.into()),
            words: [old, new].map(|p| p.cover_deliver_one_in.to_string()),
            less: Meaning::Other(
                "more cover between the last relay and the inbox, and larger logs",
            ),
            more: Meaning::Worse("LESS cover between the last relay and the inbox"),
        },
    ];
    // Neither way better: numbers that were looked up or reported before are not found again.
    let other = Meaning::Worse("what was stored under the other country is not found again");
    rows.push(Row {
        what: "a telephone number without a country is read as one of",
        values: [old, new].map(|p| p.calling_code.into()),
        words: [old, new].map(|p| format!("+{}", p.calling_code)),
        less: other,
        more: other,
    });
    rows.into_iter().filter_map(Row::change).collect()
}

/// A parameter before and after.
struct Row {
    what: &'static str,
    values: [u128; 2],
    words: [String; 2],
    less: Meaning,
    more: Meaning,
}

/// What it means that a value sinks or rises.
#[derive(Clone, Copy)]
enum Meaning {
    Worse(&'static str),
    Other(&'static str),
}

impl Row {
    fn change(self) -> Option<Change> {
        let [old, new] = self.values;
        let meaning = match old.cmp(&new) {
            core::cmp::Ordering::Less => self.more,
            core::cmp::Ordering::Equal => return None,
            core::cmp::Ordering::Greater => self.less,
        };
        let (meaning, warning) = match meaning {
            Meaning::Worse(meaning) => (meaning, true),
            Meaning::Other(meaning) => (meaning, false),
        };
        let [from, to] = self.words;
        let sentence = format!("{} {from} → {to}: {meaning}", self.what);
        Some(Change::new(About::Parameters, sentence, warning))
    }
}

fn number(count: usize) -> u128 {
    u128::try_from(count).unwrap_or(u128::MAX)
}
