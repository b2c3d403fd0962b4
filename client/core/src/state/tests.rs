use brolly_protocol::identifier::Identifier;

use super::*;
use crate::fake::{NOW, Scheme};

#[test]
fn spec_12_6_a_state_has_one_size_and_reads_back_as_itself() {
    let scheme = Scheme::new(NOW);
    let joined = State::new(scheme.invitation());
    let mut later = joined.clone();
    later.accept(&scheme.note(), NOW).unwrap();
    for state in [&joined, &later] {
        let bytes = state.to_bytes().unwrap();
        assert_eq!(bytes.len(), SIZE);
        assert_eq!(State::from_bytes(&bytes).as_ref(), Ok(state));
    }
    assert_eq!(later.seen(), scheme.directory.version);
    assert_eq!(*later.directory(NOW).unwrap(), scheme.directory);
    assert_eq!(joined.directory(NOW), Err(NoDirectory::Never));
}

#[test]
fn a_state_that_is_cut_longer_or_has_bytes_left_over_is_refused() {
    let state = State::new(Scheme::new(NOW).invitation());
    let good = state.to_bytes().unwrap();
    let refused = |bytes: &[u8]| assert_eq!(State::from_bytes(bytes), Err(StateError::Malformed));
    refused(&good[..SIZE - 1]);
    refused(&[]);
    refused(&[&good[..], &[0]].concat());
    let mut tail = good.to_vec();
    tail[SIZE - 1] = 1;
    refused(&tail);
    let mut inner = good.to_vec();
    // One byte more in the record than it needs.
    let at = MAGIC.len() + 3;
    inner[at] = inner[at].wrapping_add(1);
    refused(&inner);
    let mut magic = good.to_vec();
    magic[0] ^= 1;
    refused(&magic);
    for at in (0..HEADER + 400).step_by(7) {
        let mut flipped = good.to_vec();
        flipped[at] ^= 0x80;
        refused(&flipped);
    }
}

fn with_logs(scheme: &Scheme) -> State {
    let mut state = State::new(scheme.invitation());
    state.accept(&scheme.note(), NOW).unwrap();
    let window = Window::verify(&scheme.window(), &scheme.directory).unwrap();
    state.accept_window(&window, &scheme.directory).unwrap();
    state
        .accept_alerts(&scheme.alerts(), &scheme.directory)
        .unwrap();
    state
}

#[test]
fn spec_12_6_logs_alerts_and_the_boards_texts_are_kept_and_read_back() {
    let mut scheme = Scheme::new(NOW);
    let plate = [Identifier::plate("AB12 CDE").unwrap()];
    let first = scheme.alert("LS2", "White van.", &plate);
    scheme.mark(1, 0);
    scheme.alert("LS6", "Grey van.", &plate);
    scheme.cancel(first);
    let state = with_logs(&scheme);
    let bytes = state.to_bytes().unwrap();
    assert_eq!(bytes.len(), SIZE);
    assert_eq!(State::from_bytes(&bytes).as_ref(), Ok(&state));
    let logs = state.logs().unwrap();
    assert_eq!((logs.board.size, logs.time), (4, NOW));
    assert_eq!(state.index().unwrap().wire(), scheme.alerts());
    let kept: Vec<&[u8]> = state.board().collect();
    assert_eq!(kept, [&scheme.board[2], &scheme.board[0]], "newest first");
}

#[test]
fn spec_12_6_the_size_is_the_same_however_much_was_published_and_the_oldest_texts_give_way() {
    let mut scheme = Scheme::new(NOW);
    let plate = [Identifier::plate("AB12 CDE").unwrap()];
    for n in 0..1_100 {
        scheme.alert("LS2", &format!("van {n}"), &plate);
    }
    let mut state = with_logs(&scheme);
    assert!(state.board().count() < 1_100);
    // A directory so large that the texts get less than they had.
    state.note = vec![b'x'; SIZE / 2 + SIZE / 4];
    let bytes = state.to_bytes().unwrap();
    assert_eq!(bytes.len(), SIZE);
    let back = State::from_bytes(&bytes).unwrap();
    assert_eq!(back.index(), state.index());
    let kept = back.board().count();
    assert!((100..state.board().count()).contains(&kept), "{kept}");
    let newest: Vec<&[u8]> = scheme
        .board
        .iter()
        .rev()
        .take(kept)
        .map(Vec::as_slice)
        .collect();
    assert_eq!(back.board().collect::<Vec<_>>(), newest);
}

#[test]
fn what_an_earlier_version_kept_is_told_apart_from_damage() {
    let mut bytes = EARLIER.to_vec();
    bytes.resize(1 << 20, 0);
    let earlier = State::from_bytes(&bytes).unwrap_err();
    assert_eq!(earlier, StateError::Earlier);
    assert!(earlier.to_string().contains("join again"));
}

#[test]
fn a_directory_that_does_not_fit_is_not_kept() {
    let mut state = State::new(Scheme::new(NOW).invitation());
    state.note = vec![b'x'; SIZE];
    assert_eq!(state.to_bytes().err(), Some(StateError::TooLarge));
}

#[test]
fn a_new_invitation_to_the_same_scheme_does_not_forget_the_version_seen() {
    let scheme = Scheme::new(NOW);
    let mut state = State::new(scheme.invitation());
    state.accept(&scheme.note(), NOW).unwrap();
    let mut again = scheme.invitation();
    again.project = "Hull".to_owned();
    let state = state.invited(again);
    assert_eq!(state.seen(), 3);
    assert_eq!(state.invitation().project, "Hull");
    let elsewhere = Scheme::founded_by(NOW, [4, 5, 6]).invitation();
    assert_eq!(state.invited(elsewhere).seen(), 0);
}

#[test]
fn a_kept_directory_is_checked_afresh_each_time() {
    let scheme = Scheme::new(NOW);
    let mut state = State::new(scheme.invitation());
    state.accept(&scheme.note(), NOW).unwrap();
    let expired = state.directory(scheme.directory.expires);
    assert_eq!(expired, Err(NoDirectory::Refused(DirectoryError::Expired)));
}
