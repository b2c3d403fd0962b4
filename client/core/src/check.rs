//! Whether a report arrived: a receipt code against the whole public sequence (SPEC §12.7).

use brolly_protocol::node::SchemeId;
use brolly_protocol::receipt::{DeriveError, ReceiptCode};
use brolly_protocol::sequence::Sequence;

/// Where a report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// No entry of the sequence is this code's.
    NotPublished {
        /// Entries that were checked.
        entries: u64,
    },
    /// Exactly the bytes that were sent are in the sequence.
    InLog {
        /// Its place, from 1; the first, if it was sent more than once.
        position: u64,
        /// Entries that are this code's: more than one when a cell was sealed and sent again.
        matching: u64,
        /// Entries that were checked.
        entries: u64,
    },
}

/// Looks for a code's report among all entries of a checked sequence.
///
/// A tag is computed anew for every digest, so her tag copied beside other bytes is not hers.
///
/// # Errors
/// [`DeriveError`] when the memory for the seed cannot be had.
pub fn check(
    code: &ReceiptCode,
    scheme: &SchemeId,
    sequence: &Sequence,
) -> Result<Standing, DeriveError> {
    let receipt = code.receipt(scheme)?;
    let entries = sequence.head().size;
    let mut first = None;
    let mut matching = 0;
    // Every entry, found or not: how long it takes says nothing about where.
    for (position, entry) in (1..).zip(sequence.entries()) {
        if receipt.tag(&entry.digest) == entry.tag {
            first.get_or_insert(position);
            matching += 1;
        }
    }
    Ok(match first {
        Some(position) => Standing::InLog {
            position,
            matching,
            entries,
        },
        None => Standing::NotPublished { entries },
    })
}

#[cfg(test)]
mod tests {
    use brolly_protocol::sequence::Entry;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::fake::{NOW, Scheme};

    #[test]
    fn spec_12_7_a_code_finds_its_own_bytes_and_nothing_else() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut scheme = Scheme::new(NOW);
        let id = scheme.directory.scheme;
        let (mine, other) = (
            ReceiptCode::generate(&mut rng),
            ReceiptCode::generate(&mut rng),
        );
        let standing = |scheme: &Scheme, code| check(code, &id, &scheme.sequence()).unwrap();
        assert_eq!(
            standing(&scheme, &mine),
            Standing::NotPublished { entries: 0 }
        );

        let entry = |code: &ReceiptCode, digest| Entry {
            tag: code.receipt(&id).unwrap().tag(&digest),
            digest,
        };
        scheme.publish(entry(&other, [1; 32]));
        scheme.publish(entry(&mine, [2; 32]));
        let found = |matching, entries| Standing::InLog {
            position: 2,
            matching,
            entries,
        };
        assert_eq!(standing(&scheme, &mine), found(1, 2));
        scheme.publish(entry(&mine, [3; 32]));
        assert_eq!(standing(&scheme, &mine), found(2, 3));
    }

    #[test]
    fn spec_12_7_her_tag_beside_other_bytes_is_not_her_report() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let mut scheme = Scheme::new(NOW);
        let id = scheme.directory.scheme;
        let code = ReceiptCode::generate(&mut rng);
        let tag = code.receipt(&id).unwrap().tag(&[2; 32]);
        scheme.publish(Entry {
            tag,
            digest: [3; 32],
        });
        assert_eq!(
            check(&code, &id, &scheme.sequence()).unwrap(),
            Standing::NotPublished { entries: 1 }
        );
    }
}
