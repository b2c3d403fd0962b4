use brolly_protocol::identifier::Identifier;

use super::*;
use crate::fake::{NOW, Scheme};

#[test]
fn spec_12_6_a_state_has_one_size_and_reads_back_as_itself() {
    let scheme = Scheme::new(NOW);
    let joined = State::new(scheme.invitation());
    let mut later = joined.clone();
    later.accept(&scheme.in_force(), NOW).unwrap();
    for state in [&joined, &later] {
        let bytes = state.to_bytes().unwrap();
        assert_eq!(bytes.len(), SIZE);
        assert_eq!(State::from_bytes(&bytes).as_ref(), Ok(state));
    }
    let version = |state: &State| state.kept_directory().unwrap().version;
    assert_eq!(version(&later), scheme.directory.version);
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
    state.accept(&scheme.in_force(), NOW).unwrap();
    let window = Window::verify(&scheme.window(), &scheme.directory).unwrap();
    state.accept_window(&window, &scheme.directory).unwrap();
    state
        .accept_alerts(&scheme.alerts(), &scheme.directory)
        .unwrap();
    state
        .accept_keys(&scheme.keys(), &scheme.directory)
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
    assert_eq!(state.alerts().unwrap().wire(), scheme.alerts());
    assert_eq!(state.keys(), scheme.known_keys());
    assert_eq!(state.keys().len(), 4 * 3 + 4 * 4);
    let read = scheme
        .directory
        .desks
        .iter()
        .map(|desk| state.read(desk.id));
    let read: Vec<_> = read.collect();
    assert_eq!(read, [None, Some(scheme.today()), None, None]);
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
    state.directory = Some(Kept {
        time: NOW,
        ahead: 0,
        note: vec![b'x'; SIZE / 2 + SIZE / 4],
    });
    let bytes = state.to_bytes().unwrap();
    assert_eq!(bytes.len(), SIZE);
    let back = State::from_bytes(&bytes).unwrap();
    assert_eq!(back.alerts(), state.alerts());
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
    for magic in EARLIER {
        let mut bytes = magic.to_vec();
        bytes.resize(1 << 20, 0);
        let earlier = State::from_bytes(&bytes).unwrap_err();
        assert_eq!(earlier, StateError::Earlier);
        assert!(earlier.to_string().contains("join again"));
    }
}

#[test]
fn a_directory_that_does_not_fit_is_not_kept() {
    let mut state = State::new(Scheme::new(NOW).invitation());
    state.directory = Some(Kept {
        time: NOW,
        ahead: 0,
        note: vec![b'x'; SIZE],
    });
    assert_eq!(state.to_bytes().err(), Some(StateError::TooLarge));
}

#[test]
fn a_new_invitation_to_the_same_scheme_does_not_forget_the_version_seen() {
    let scheme = Scheme::new(NOW);
    let mut state = State::new(scheme.invitation());
    state.accept(&scheme.in_force(), NOW).unwrap();
    let mut again = scheme.invitation();
    again.project = "Hull".to_owned();
    let state = state.invited(again);
    assert_eq!(state.kept_directory().unwrap().version, 3);
    assert_eq!(state.invitation().project, "Hull");
    let elsewhere = Scheme::founded_by(NOW, [4, 5, 6]).invitation();
    let elsewhere = state.invited(elsewhere);
    assert_eq!(elsewhere.kept_directory(), Err(NoDirectory::Never));
}

#[test]
fn a_kept_directory_is_checked_afresh_each_time() {
    let scheme = Scheme::new(NOW);
    let mut state = State::new(scheme.invitation());
    state.accept(&scheme.in_force(), NOW).unwrap();
    let expired = state.directory(scheme.directory.expires);
    assert_eq!(expired, Err(NoDirectory::Refused(DirectoryError::Expired)));
}

#[test]
fn spec_4_11_between_sessions_a_wrong_clock_only_counts_what_has_passed() {
    let scheme = Scheme::new(NOW);
    for clock in [NOW - 86_400, NOW + 86_400] {
        let mut state = State::new(scheme.invitation());
        assert_eq!(state.now(clock), clock, "nothing better is known");
        let current = state.accept(&scheme.in_force(), clock).unwrap();
        let then = current.now(clock);
        assert!(then.abs_diff(NOW) <= 2 * 3_600 + 60);
        assert_eq!(state.now(clock), then);
        assert_eq!(state.now(clock + 500), then + 500);
        assert!(
            state.now(clock - 5_000) >= NOW,
            "never before what they said"
        );
    }
}

#[test]
fn spec_4_11_an_old_word_does_not_move_the_time_of_somebody_who_was_there_before() {
    let scheme = Scheme::new(NOW);
    for clock in [NOW - 86_400, NOW, NOW + 86_400] {
        let mut state = State::new(scheme.invitation());
        state.accept(&scheme.in_force(), clock).unwrap();
        let expected = state.now(clock + 60);
        let mut old = Scheme::new(NOW);
        old.now = NOW - 5 * 86_400;
        // An entry that wants to know her packet again gives her a word of five days ago.
        if state.accept(&old.in_force(), clock + 60).is_ok() {
            assert_eq!(state.now(clock + 60), expected);
        }
        assert_eq!(state.now(clock + 60), expected, "{clock}");
    }
}

#[test]
fn spec_16_9_what_came_is_counted_between_sessions_an_hour_to_seven_days_apart() {
    const HOUR: u64 = 3_600;
    let mut scheme = Scheme::new(NOW);
    let mut state = State::new(scheme.invitation());
    let mut see = |scheme: &mut Scheme, hours: u64, entries: u8| {
        for n in 0..entries {
            scheme.publish(brolly_protocol::log::Entry {
                tag: [n; 16],
                digest: [n; 32],
            });
        }
        scheme.now = NOW + hours * HOUR / 2;
        let window = Window::verify(&scheme.window(), &scheme.directory).unwrap();
        state.accept_window(&window, &scheme.directory).unwrap();
        let bytes = state.to_bytes().unwrap();
        assert_eq!(bytes.len(), SIZE);
        state = State::from_bytes(&bytes).unwrap();
        let traffic = state.traffic()?;
        Some((traffic.entries, traffic.seconds / HOUR))
    };
    // Half hours, and what came in them.
    assert_eq!(see(&mut scheme, 0, 7), None);
    assert_eq!(see(&mut scheme, 1, 20), None);
    assert_eq!(see(&mut scheme, 2, 1), Some((21, 1)));
    assert_eq!(see(&mut scheme, 40, 30), Some((51, 20)));
    // A day later five entries tell nothing, and the earlier session stands.
    assert_eq!(see(&mut scheme, 50, 5), Some((56, 25)));
    assert_eq!(see(&mut scheme, 60, 16), Some((16, 5)));
    // In a quiet time for seven days at the most.
    assert_eq!(see(&mut scheme, 385, 15), Some((31, 167)));
    assert_eq!(see(&mut scheme, 386, 1), None);
    assert_eq!(see(&mut scheme, 700, 14), None);
    assert_eq!(see(&mut scheme, 720, 1), Some((16, 167)));
}
