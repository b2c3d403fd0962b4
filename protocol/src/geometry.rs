//! Every size on the wire, in bytes, derived from each other and asserted at compile time (SPEC §3).
//!
//! ```text
//! submission 33,060 = entry token 292 | packet 32,768
//! packet     32,768 ─▶ 31,611 ─▶ 30,454 ─▶ delivered 29,297        1,157 less at each of three layers
//! delivered  29,297 = receipt tag 16 | token 292 | commitments 2 × 32 | stanza 1,236 × 4 | contact 512 | body 23,469
//! ```

use brolly_keys::{blind, commit, sign, suite};

/// Layers a packet has, and relays it crosses.
pub const LAYERS: usize = 3;
/// Slots for desks in every cell.
pub const SLOTS: usize = 4;

/// The id of a key inside a packet.
pub const KEY_ID: usize = 4;
/// The id of a relay, an inbox or a desk: the first 16 bytes of SHA-256 of its identity key.
pub const NODE_ID: usize = 16;
/// The exported tag by which a relay knows a packet again.
pub const REPLAY_TAG: usize = suite::EXPORT;
/// What one layer adds: key id, encapsulation, command, next, AEAD tag.
pub const HOP: usize = KEY_ID + suite::ENC + 1 + NODE_ID + suite::TAG;

/// A packet as the entry relay takes it.
pub const ENTRY_PACKET: usize = 32_768;
/// A packet as the middle relay takes it.
pub const MIDDLE_PACKET: usize = ENTRY_PACKET - HOP;
/// A packet as the exit relay takes it.
pub const EXIT_PACKET: usize = MIDDLE_PACKET - HOP;
/// What the exit delivers to the inbox.
pub const DELIVERED: usize = EXIT_PACKET - HOP;

/// What makes a token one of its own.
pub const TOKEN_NONCE: usize = 32;
/// An admission token: issuer key id, nonce, RSA-2048 signature.
pub const TOKEN: usize = KEY_ID + TOKEN_NONCE + blind::MODULUS;
/// The tag by which a token is known to be spent.
pub const SPENT_TAG: usize = 16;
/// Tokens that every session asks for: one for an entry, one for the inbox.
pub const TOKENS: usize = 2;
/// A project, as an issuer knows it.
pub const PROJECT: usize = 16;
/// A project's secret.
pub const PROJECT_SECRET: usize = 16;
/// What is sealed in a request for tokens: project, secret, period, blinded messages.
pub const TOKEN_REQUEST_PLAIN: usize = PROJECT + PROJECT_SECRET + 4 + TOKENS * blind::MODULUS;
/// A request for tokens: key id, encapsulation, sealed.
pub const TOKEN_REQUEST: usize = KEY_ID + suite::ENC + TOKEN_REQUEST_PLAIN + suite::TAG;
/// What is sealed in the answer: status, blind signatures or zeros.
pub const TOKEN_ANSWER_PLAIN: usize = 1 + TOKENS * blind::MODULUS;
/// The answer to a request for tokens, whatever it says.
pub const TOKEN_ANSWER: usize = TOKEN_ANSWER_PLAIN + suite::answer::OVERHEAD;
/// A desk's signed change of its project's secret: desk, serial, digest, signature.
pub const SECRET_CHANGE: usize = NODE_ID + 8 + 32 + sign::SIGNATURE;
/// What a client posts to an entry relay: a token, then a packet.
pub const SUBMISSION: usize = TOKEN + ENTRY_PACKET;

/// The tag by which a sender finds her report in the log.
pub const RECEIPT_TAG: usize = 16;
/// What a stanza carries: body key, contact key or zeros, reply root.
pub const STANZA_PLAIN: usize = 3 * 32;
/// One desk's slot: key week, encapsulation, sealed keys.
pub const STANZA: usize = 4 + suite::ENC + STANZA_PLAIN + suite::TAG;
/// The sealed contact details.
pub const CONTACT: usize = 512;
/// The contact details, their length and padding.
pub const CONTACT_PLAIN: usize = CONTACT - commit::TAG;
/// The longest contact details.
pub const CONTACT_TEXT: usize = CONTACT_PLAIN - 2;
/// Where the sealed contact begins in a delivered cell.
pub const CONTACT_AT: usize = RECEIPT_TAG + TOKEN + 2 * commit::COMMITMENT + SLOTS * STANZA;
/// The sealed body.
pub const BODY: usize = DELIVERED - CONTACT_AT - CONTACT;
/// The body, its reply key, length and padding.
pub const BODY_PLAIN: usize = BODY - commit::TAG;
/// The longest encoded report with its photograph.
pub const REPORT: usize = BODY_PLAIN - suite::PUBLIC_KEY - 4;

/// An entry of the `reports` log: receipt tag, digest.
pub const LOG_ENTRY: usize = RECEIPT_TAG + 32;
/// An answer on the board, always.
pub const REPLY: usize = 4_096;
/// What is sealed in an answer: desk, signature, length, text, padding.
pub const REPLY_PLAIN: usize = REPLY - 1 - RECEIPT_TAG - suite::ENC - suite::TAG;
/// The longest text of an answer.
pub const REPLY_TEXT: usize = REPLY_PLAIN - NODE_ID - sign::SIGNATURE - 2;
/// The longest text of a notice.
pub const NOTICE_TEXT: usize = 2_048;
/// An alert's id: week 4, random 6.
pub const ALERT_ID: usize = 10;
/// What one record of the index of alerts says to members: days sent and expiring 4, levels 1, identifiers 29.
pub const ALERT_RECORD_PLAIN: usize = 34;
/// One record of the index of alerts as everybody fetches it: id, sealed record.
pub const ALERT_RECORD: usize = ALERT_ID + ALERT_RECORD_PLAIN + commit::TAG;
/// The most index records of one alert.
pub const ALERT_RECORDS: usize = 8;
/// The sealed text of an alert.
pub const ALERT_BODY: usize = 2_048;
/// The longest entry of the board.
pub const BOARD_ENTRY: usize = REPLY;
/// A relay's or desk's signed announcement of a key: scheme, node, epoch, key, signature.
pub const KEY_NOTICE: usize = 32 + NODE_ID + 4 + suite::PUBLIC_KEY + sign::SIGNATURE;
/// The same as an entry of the board and of the index of keys: kind, notice.
pub const KEY_RECORD: usize = 1 + KEY_NOTICE;
/// One sealed cell as desks fetch it: its number in the order of admission, the cell.
pub const NUMBERED_CELL: usize = 8 + DELIVERED;

const _: () = {
    assert!(HOP == 1_157);
    assert!(MIDDLE_PACKET == 31_611 && EXIT_PACKET == 30_454 && DELIVERED == 29_297);
    assert!(STANZA == 1_236 && CONTACT_AT == 5_316 && BODY == 23_469);
    assert!(REPLY_TEXT == 2_861 && ALERT_RECORD == 60);
    assert!(TOKEN == 292 && TOKEN_REQUEST == 1_688 && TOKEN_ANSWER == 561 && SECRET_CHANGE == 120);
    assert!(REPORT == 22_233 && SUBMISSION == 33_060 && KEY_NOTICE == 1_332);
};
