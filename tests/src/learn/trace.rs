//! A connection as whoever watches its wire sees it: how many bytes went which way, and when.

use crate::tap::Way;

/// Bytes that passed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Microseconds since the connection began.
    pub at: u64,
    /// To the relay, or from it.
    pub way: Way,
    /// How many.
    pub bytes: u32,
}

/// Everything that passed on one connection, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    records: Vec<Record>,
}

/// Records one way after each other, none of them too short to hold a request or an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst {
    /// Which way.
    pub way: Way,
    /// When its first record passed.
    pub begins: u64,
    /// When its last record passed.
    pub ends: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

/// A request and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// What went to the relay.
    pub asked: Burst,
    /// What came from it.
    pub answered: Burst,
}

impl Trace {
    /// Takes records in the order in which they passed.
    pub fn new(mut records: Vec<Record>) -> Self {
        records.sort_by_key(|record| record.at);
        Self { records }
    }

    /// What passed, in order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The same without the control frames between: runs of one direction.
    pub fn bursts(&self) -> Vec<Burst> {
        let mut bursts: Vec<Burst> = Vec::new();
        for record in self.records.iter().filter(|record| record.bytes > CONTROL) {
            match bursts.last_mut() {
                Some(last) if last.way == record.way => {
                    last.ends = record.at;
                    last.bytes += u64::from(record.bytes);
                }
                _ => bursts.push(Burst {
                    way: record.way,
                    begins: record.at,
                    ends: record.at,
                    bytes: record.bytes.into(),
                }),
            }
        }
        bursts
    }

    /// Requests with their answers. One that was never answered is none.
    pub fn exchanges(&self) -> Vec<Exchange> {
        let bursts = self.bursts();
        let pairs = bursts.iter().zip(bursts.iter().skip(1));
        pairs
            .filter(|(asked, _)| asked.way == Way::Inward)
            .map(|(asked, answered)| Exchange {
                asked: *asked,
                answered: *answered,
            })
            .collect()
    }
}

/// The longest TLS record, in bytes, that holds no more than an HTTP/2 control frame (a ping, the longest, is 39). These go
/// whenever a library likes and would cut a request in two.
const CONTROL: u32 = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn record(at: u64, way: Way, bytes: u32) -> Record {
        Record { at, way, bytes }
    }

    #[test]
    fn records_one_way_are_one_burst_and_control_frames_cut_none() {
        let trace = Trace::new(vec![
            record(0, Way::Inward, 1_000),
            record(7, Way::Inward, 500),
            record(20, Way::Outward, 300),
            record(21, Way::Inward, 31),
            record(22, Way::Outward, 400),
            record(40, Way::Inward, 41),
        ]);
        let asked = Burst {
            way: Way::Inward,
            begins: 0,
            ends: 7,
            bytes: 1_500,
        };
        let answered = Burst {
            way: Way::Outward,
            begins: 20,
            ends: 22,
            bytes: 700,
        };
        assert_eq!(trace.exchanges(), [Exchange { asked, answered }]);
        assert_eq!(trace.bursts().len(), 3);
    }
}
