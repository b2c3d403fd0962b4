//! What a session makes of logs and alerts that are not what they should be.

use super::*;

/// A session of somebody who was there at `before`, on what `relay` shows.
fn again(before: &Scheme, relay: &mut Relay) -> Result<Outcome, SessionError> {
    let first = Relay::new(before)
        .serve(session(before, 0, Cargo::Cover), 1)
        .unwrap();
    let entrance = before.invitation().entries[0].clone();
    let letter = report(before, "words").letter;
    let session = Session::new(first.state, entrance).with(Cargo::Report(letter));
    relay.serve(session, 2)
}

fn entry(n: u16) -> Entry {
    let mut digest = [7; 32];
    digest[..2].copy_from_slice(&n.to_be_bytes());
    Entry {
        tag: [1; 16],
        digest,
    }
}

fn grown(reports: u16, marks: u64) -> Scheme {
    let mut scheme = Scheme::new(NOW);
    scheme.directory.parameters.window = 256;
    (0..reports).for_each(|n| scheme.publish(entry(n)));
    (0..marks).for_each(|n| scheme.mark(1, n));
    scheme
}

#[test]
fn spec_12_3_logs_that_shrank_or_forked_end_a_session_and_nothing_further_is_sent() {
    let before = grown(600, 3);
    let refused = |after: &Scheme| {
        let mut relay = Relay::new(after);
        let error = again(&before, &mut relay).unwrap_err();
        let asked: Vec<_> = relay.asked.iter().map(|asked| asked.path).collect();
        let order = [wire::DIRECTORY, wire::KEYS, wire::WINDOW];
        assert!(asked.len() >= 2 && order.starts_with(&asked), "{asked:?}");
        let said = error.to_string();
        assert!(said.ends_with("nothing was sent"), "{said}");
        said
    };
    assert!(refused(&grown(599, 3)).contains("599 entries, but 600 were seen"));
    assert!(refused(&grown(600, 2)).contains("the board log has 2 entries"));
    // In the last visit's window, before it, and in a log that has long gone on.
    for (at, size) in [(599, 600), (10, 600), (10, 1_400)] {
        let mut other = grown(size, 3);
        other.reports[at] = entry(9_999).to_bytes().to_vec();
        assert!(refused(&other).contains("the reports log is not the one that was seen"));
    }
    let mut other = grown(600, 2);
    other.mark(2, 2);
    // The keys are those of a board, so that one is noticed first.
    assert!(refused(&other).contains("the keys are those of another board than was seen"));

    for (reports, marks) in [(600, 3), (601, 3), (1_400, 900)] {
        let outcome = again(&before, &mut Relay::new(&grown(reports, marks))).unwrap();
        assert_eq!(outcome.window.unwrap().reports.size(), u64::from(reports));
        assert_eq!(outcome.sent, Ok(()));
    }
}

#[test]
fn spec_12_3_a_refused_window_leaves_what_was_seen_and_still_guards_against_it() {
    let before = grown(600, 3);
    let first = Relay::new(&before).serve(session(&before, 0, Cargo::Cover), 1);
    let mut state = first.unwrap().state;
    for _ in 0..2 {
        let entrance = before.invitation().entries[0].clone();
        let mut session = Session::new(state.clone(), entrance);
        let shrunk = grown(300, 3);
        let mut relay = Relay::new(&shrunk);
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let ended = loop {
            let transmit = session.poll_transmit().unwrap();
            let (status, body) = relay.answer(&transmit);
            if let Err(error) = session.handle_reply(NOW, status, &body, &mut rng) {
                break error;
            }
        };
        assert!(matches!(
            ended,
            SessionError::Log(WindowError::Shrunk { .. })
        ));
        assert_eq!(session.poll_transmit(), None);
        assert!(!session.last_cell(&Cargo::Cover, NOW, &mut rng));
        let outcome = session.into_outcome();
        assert!(!outcome.posted);
        assert_eq!(outcome.state, state);
        state = outcome.state;
    }
}

#[test]
fn a_window_that_is_changed_short_or_not_enough_witnessed_is_refused_and_the_cell_is_sent_all_the_same()
 {
    let scheme = grown(600, 3);
    let refused = |window: Vec<u8>| {
        let mut relay = Relay::new(&scheme);
        relay.window = window;
        let outcome = relay.serve(session(&scheme, 0, Cargo::Cover), 1).unwrap();
        assert_eq!(outcome.sent, Ok(()));
        assert_eq!(relay.asked.len(), 6);
        assert_eq!(outcome.state.logs(), None);
        let LogError::Refused(error) = outcome.window.unwrap_err() else {
            panic!("not refused");
        };
        error
    };
    let good = scheme.window();
    let mut changed = good.clone();
    let last_report = scheme.reports[599].as_slice();
    let at = good.windows(48).position(|run| run == last_report).unwrap();
    changed[at] ^= 1;
    assert_eq!(refused(changed), WindowError::Root(LogName::Reports));
    assert_eq!(
        refused(good[..good.len() - 1].to_vec()),
        WindowError::Malformed
    );

    let mut longer = grown(900, 3);
    longer.directory.parameters.window = 600;
    let narrow = grown(900, 3);
    let mut short = Relay::new(&longer);
    short.window = narrow.window();
    let outcome = short.serve(session(&longer, 0, Cargo::Cover), 1).unwrap();
    let expected = LogError::Refused(WindowError::Short(LogName::Reports));
    assert_eq!((outcome.window, outcome.sent), (Err(expected), Ok(())));

    let mut few = grown(600, 3);
    few.log_witnesses = 2;
    let error = refused(few.window());
    assert!(
        error.to_string().contains("only 2 of 4 witnesses"),
        "{error}"
    );
    assert!(matches!(
        error,
        WindowError::Checkpoint(CheckpointError::TooFew { .. })
    ));
}

#[test]
fn spec_12_9_alerts_that_the_witnesses_do_not_stand_behind_are_refused_and_the_earlier_ones_stay() {
    let mut scheme = grown(1, 3);
    scheme.alert(
        "LS2",
        "White van.",
        &[Identifier::plate("AB12 CDE").unwrap()],
    );
    let first = Relay::new(&scheme).serve(session(&scheme, 0, Cargo::Cover), 1);
    let state = first.unwrap().state;
    let refused = |alerts: Vec<u8>| {
        let mut relay = Relay::new(&scheme);
        relay.alerts = alerts;
        let entrance = scheme.invitation().entries[0].clone();
        let session = Session::new(state.clone(), entrance).with(Cargo::Cover);
        let outcome = relay.serve(session, 2).unwrap();
        assert_eq!((outcome.sent, relay.asked.len()), (Ok(()), 6));
        assert_eq!(outcome.state.alerts(), state.alerts());
        outcome.alerts.unwrap_err()
    };
    let good = scheme.alerts();
    let mut changed = good.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(refused(changed), IndexError::Digest(Kind::Alerts));
    assert_eq!(
        refused(good[..good.len() - 60].to_vec()),
        IndexError::Digest(Kind::Alerts)
    );
    assert_eq!(
        refused(good[..3].to_vec()),
        IndexError::Malformed(Kind::Alerts)
    );
    assert_eq!(refused(Vec::new()), IndexError::Malformed(Kind::Alerts));
    let older = grown(1, 3).alerts();
    assert_eq!(
        refused(older),
        IndexError::Older {
            kind: Kind::Alerts,
            size: 3,
            seen: 4
        }
    );
    let mut few = grown(1, 3);
    few.alert(
        "LS2",
        "White van.",
        &[Identifier::plate("AB12 CDE").unwrap()],
    );
    few.log_witnesses = 2;
    assert!(refused(few.alerts()).to_string().contains("only 2 of 4"));

    // Newer than the window is what comes of two requests.
    let mut newer = Relay::new(&scheme);
    let mut later = grown(1, 3);
    later.alert(
        "LS2",
        "White van.",
        &[Identifier::plate("AB12 CDE").unwrap()],
    );
    later.alert("LS6", "Grey car.", &[Identifier::name("Dave").unwrap()]);
    newer.alerts = later.alerts();
    let outcome = newer.serve(session(&scheme, 0, Cargo::Cover), 1).unwrap();
    assert_eq!(outcome.alerts, Ok(()));
    assert_eq!(Alerts::open(&outcome.state, NOW).unwrap().live.len(), 2);
}

#[test]
fn spec_12_3_alerts_of_another_board_end_a_session_and_nothing_further_is_sent() {
    let scheme = grown(1, 4);
    let mut other = grown(1, 3);
    other.mark(2, 3);
    let mut relay = Relay::new(&scheme);
    relay.alerts = other.alerts();
    let session = session(&scheme, 0, Cargo::Cover);
    let error = relay.serve(session, 1).unwrap_err();
    assert_eq!(error, SessionError::Index(IndexError::Forked(Kind::Alerts)));
    assert!(error.to_string().contains("another board"), "{error}");
    assert_eq!((relay.asked.len(), relay.posted()), (4, None));
}
