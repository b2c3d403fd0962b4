//! A record of the pool: a packet under a key of its own, bound to its place.
//!
//! ```text
//! record = ChaCha20Poly1305( packet for the next hop ) | tag 16        associated: segment 8 | index 4
//! ```

use std::hint::black_box;

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// Seals a packet, or as many zeros, into a record of the packet's length and [`TAG`]. `None`: the lengths differ.
pub(crate) fn seal(
    key: &[u8; 32],
    segment: u64,
    index: u32,
    packet: Option<&[u8]>,
    record: &mut [u8],
) -> Option<()> {
    let place = associated(segment, index);
    let sealed = seal_here(key, place, packet, record);
    overwrite_stack();
    sealed
}

/// Opens a record into memory of the packet's length. `None`: it is not what was sealed with this key for this place.
pub(crate) fn open(
    key: &[u8; 32],
    segment: u64,
    index: u32,
    record: &[u8],
    packet: &mut [u8],
) -> Option<()> {
    let opened = open_here(key, associated(segment, index), record, packet);
    overwrite_stack();
    opened
}

#[inline(never)]
fn seal_here(
    key: &[u8; 32],
    place: Aad<[u8; 12]>,
    packet: Option<&[u8]>,
    record: &mut [u8],
) -> Option<()> {
    let (sealed, tag) = record.split_last_chunk_mut::<TAG>()?;
    let key = cipher(key)?;
    let done = match packet {
        Some(packet) => key.seal_out_of_place_scatter(nonce(), place, packet, sealed, &[], tag),
        None => {
            sealed.fill(0);
            key.seal_in_place_scatter(nonce(), place, sealed, &[], tag)
        }
    };
    done.ok()
}

#[inline(never)]
fn open_here(key: &[u8; 32], place: Aad<[u8; 12]>, record: &[u8], packet: &mut [u8]) -> Option<()> {
    let (sealed, tag) = record.split_last_chunk::<TAG>()?;
    let opened = cipher(key)?.open_separate_gather(nonce(), place, sealed, tag, packet);
    opened.ok()
}

/// Overwrites what opening and sealing left where their frames were: the cipher has its key on the stack, and a thread that
/// does nothing more, or has ended, leaves it there.
#[inline(never)]
fn overwrite_stack() {
    black_box(&mut [0_u8; 16 * 1024]);
}

fn cipher(key: &[u8; 32]) -> Option<LessSafeKey> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key).ok()?;
    Some(LessSafeKey::new(key))
}

/// A key is fresh and seals one record, so one fixed nonce is used once.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

fn associated(segment: u64, index: u32) -> Aad<[u8; 12]> {
    let mut bytes = [0; 12];
    let fields = segment.to_be_bytes().into_iter().chain(index.to_be_bytes());
    for (to, from) in bytes.iter_mut().zip(fields) {
        *to = from;
    }
    Aad::from(bytes)
}

/// Bytes that a record has more than its packet.
pub(crate) const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use chacha20poly1305::aead::{Aead, KeyInit, Payload};
    use chacha20poly1305::{ChaCha20Poly1305, Nonce};

    use super::*;

    #[test]
    fn a_record_is_what_another_implementation_makes_of_it() {
        let (key, packet) = ([7; 32], [9; 1_000]);
        let mut record = [0; 1_016];
        seal(&key, 3, 4, Some(&packet), &mut record).unwrap();
        let payload = Payload {
            msg: &packet,
            aad: &[0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4],
        };
        let other = ChaCha20Poly1305::new(&key.into());
        assert_eq!(other.encrypt(&Nonce::default(), payload).unwrap(), record);
        let mut opened = [0; 1_000];
        open(&key, 3, 4, &record, &mut opened).unwrap();
        assert_eq!(opened, packet);
    }

    #[test]
    fn a_record_opens_unchanged_with_its_key_in_its_place() {
        let (key, mut opened) = ([7; 32], [0; 100]);
        let mut record = [1; 116];
        seal(&key, 3, 4, None, &mut record).unwrap();
        open(&key, 3, 4, &record, &mut opened).unwrap();
        assert_eq!(opened, [0; 100]);
        for (key, segment, index) in [([8; 32], 3, 4), (key, 2, 4), (key, 3, 5)] {
            assert_eq!(open(&key, segment, index, &record, &mut opened), None);
        }
        for at in [0, 50, 99, 100, 115] {
            let mut changed = record;
            changed[at] ^= 1;
            assert_eq!(open(&key, 3, 4, &changed, &mut opened), None, "byte {at}");
        }
    }

    #[test]
    fn other_lengths_are_refused() {
        let mut record = [0; 116];
        assert_eq!(seal(&[7; 32], 1, 0, Some(&[1; 99]), &mut record), None);
        assert_eq!(seal(&[7; 32], 1, 0, None, &mut [0; 15]), None);
        seal(&[7; 32], 1, 0, Some(&[1; 100]), &mut record).unwrap();
        assert_eq!(open(&[7; 32], 1, 0, &record, &mut [0; 99]), None);
        assert_eq!(open(&[7; 32], 1, 0, &record[..15], &mut [0; 100]), None);
    }
}
