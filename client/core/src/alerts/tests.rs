use brolly_protocol::board::alert::Message;
use brolly_protocol::identifier::Identifier;
use brolly_protocol::log::Window;

use super::*;
use crate::fake::{NOW, Scheme};
use crate::lookup::search;

fn phone() -> Identifier {
    Identifier::phone("07700 900123", 44).unwrap()
}

fn kept(scheme: &Scheme) -> State {
    let mut state = State::new(scheme.invitation());
    state.accept(&scheme.in_force(), NOW).unwrap();
    let window = Window::verify(&scheme.window(), &scheme.directory).unwrap();
    state.accept_window(&window, &scheme.directory).unwrap();
    state
        .accept_alerts(&scheme.alerts(), &scheme.directory)
        .unwrap();
    // What a later run of the program has.
    State::from_bytes(&state.to_bytes().unwrap()).unwrap()
}

fn found(state: &State, now: u64, text: &str) -> usize {
    let alerts = Alerts::open(state, now).unwrap();
    let live = alerts.live.iter();
    let warned = live.map(|warning| (warning.identifiers.as_slice(), warning));
    search(text, 44, warned).unwrap().total
}

#[test]
fn spec_12_9_alerts_are_opened_on_the_device_newest_first_with_their_texts() {
    let mut scheme = Scheme::new(NOW);
    let first = scheme.alert("LS2", "White van.", &[phone()]);
    let second = scheme.alert(
        "Leeds",
        "Says he is Dave.",
        &[Identifier::name("Dave").unwrap()],
    );
    let alerts = Alerts::open(&kept(&scheme), NOW).unwrap();
    let ids: Vec<_> = alerts.live.iter().map(|warning| warning.id).collect();
    assert_eq!(ids, [second, first]);
    let [dave, van] = alerts.live.as_slice() else {
        panic!("two");
    };
    assert_eq!(van.text.as_ref().unwrap().text, "White van.");
    assert_eq!(dave.text.as_ref().unwrap().sender, "Scheme desk");
    assert_eq!(
        (van.day, van.expires),
        (scheme.today(), scheme.today() + 90)
    );
    assert_eq!(van.identifiers[0].folded(), "447700900123");
    assert_eq!((alerts.damaged, alerts.time), (0, NOW));
    for area in ["LS2", " ls2 "] {
        let there: Vec<_> = alerts.in_area(area).map(|warning| warning.id).collect();
        assert_eq!(there, [first]);
    }
    assert_eq!(alerts.in_area("LS").count(), 0);
}

#[test]
fn spec_12_9_what_is_over_cancelled_or_replaced_is_not_found() {
    let mut scheme = Scheme::new(NOW);
    assert_eq!(found(&kept(&scheme), NOW, "07700900123"), 0);
    let id = scheme.alert("LS2", "White van.", &[phone()]);
    let state = kept(&scheme);
    assert_eq!(found(&state, NOW, "07700900123"), 1);
    // Its last day ends on the device, before the board says so.
    assert_eq!(found(&state, NOW + 90 * 86_400, "07700900123"), 1);
    assert_eq!(found(&state, NOW + 91 * 86_400, "07700900123"), 0);

    let mut updated = Scheme::new(NOW);
    let first = updated.alert("LS2", "White van.", &[phone()]);
    let other = Identifier::phone("07700 900555", 44).unwrap();
    updated.warn(
        Message::Update,
        Some(first),
        9,
        "LS2",
        "Another phone.",
        &[other],
    );
    let updated = kept(&updated);
    assert_eq!(found(&updated, NOW, "07700900123"), 0);
    assert_eq!(found(&updated, NOW, "07700900555"), 1);

    scheme.cancel(id);
    let cancelled = kept(&scheme);
    assert_eq!(found(&cancelled, NOW, "07700900123"), 0);
    assert_eq!(Alerts::open(&cancelled, NOW).unwrap().live, []);
}

#[test]
fn an_alert_whose_text_lies_before_the_window_is_found_without_it() {
    let mut scheme = Scheme::new(NOW);
    scheme.directory.parameters.window = 256;
    scheme.alert("LS2", "White van.", &[phone()]);
    (0..600).for_each(|n| scheme.mark(1, n));
    let alerts = Alerts::open(&kept(&scheme), NOW).unwrap();
    assert_eq!(alerts.live.len(), 1);
    assert_eq!(alerts.live[0].text, None);
    assert_eq!(alerts.live[0].area.as_deref(), Some("LS2"));
}

#[test]
fn with_the_root_of_other_members_alerts_are_counted_and_not_read() {
    let mut scheme = Scheme::new(NOW);
    scheme.alert("LS2", "White van.", &[phone()]);
    let mut invitation = scheme.invitation();
    invitation.members = [5; 32];
    let state = kept(&scheme).invited(invitation);
    let alerts = Alerts::open(&state, NOW).unwrap();
    assert_eq!((alerts.live.len(), alerts.damaged), (0, 1));
}

#[test]
fn an_empty_answer_counts_from_the_oldest_live_alert_or_from_the_index() {
    let mut scheme = Scheme::new(NOW);
    scheme.now += 5 * 86_400;
    assert_eq!(
        Alerts::open(&kept(&scheme), NOW).unwrap().since(),
        scheme.today()
    );
    let today = scheme.today();
    scheme.now -= 5 * 86_400;
    scheme.alert("LS2", "White van.", &[phone()]);
    scheme.now += 5 * 86_400;
    scheme.alert("LS2", "Grey van.", &[phone()]);
    assert_eq!(
        Alerts::open(&kept(&scheme), NOW).unwrap().since(),
        today - 5
    );
}

#[test]
fn without_alerts_or_a_directory_a_sentence_says_so() {
    let scheme = Scheme::new(NOW);
    let state = State::new(scheme.invitation());
    assert_eq!(Alerts::open(&state, NOW), Err(NoAlerts::Never));
    let mut state = State::new(scheme.invitation());
    state
        .accept_alerts(&scheme.alerts(), &scheme.directory)
        .unwrap();
    let open = Alerts::open(&state, NOW);
    assert_eq!(open, Err(NoAlerts::Directory(NoDirectory::Never)));
}

#[test]
fn what_is_kept_is_read_after_the_directory_expired() {
    let mut scheme = Scheme::new(NOW);
    scheme.alert("LS2", "White van.", &[phone()]);
    let state = kept(&scheme);
    let later = scheme.directory.expires + 1;
    assert!(state.directory(later).is_err());
    assert_eq!(Alerts::open(&state, later).unwrap().live.len(), 1);
}
