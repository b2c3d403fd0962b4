use std::sync::Arc;

use ::http::{Method, StatusCode};
use brolly_inbox::board::Poster;
use brolly_inbox::config::Config;
use brolly_inbox::directories::Directories;
use brolly_inbox::run::{self, RunError};
use brolly_inbox::store::embedded::Embedded;
use brolly_inbox::store::objects::Objects;
use brolly_keys::note::Note;
use brolly_protocol::directory::{Current, Directory, Freshness};
use brolly_protocol::log::LogName;
use brolly_protocol::onion::Layer;
use brolly_protocol::report::Slot;
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::directory::SignedDirectory;

use crate::http::{open, serving};
use crate::scheme::{
    CASEWORKERS, Caller, ENTRY, EXIT, MIDDLE, NEVER, POLICE, STRANGER, Scheme, cell, desk, note,
    public, relay,
};

/// Relays and a desk of the next version.
const NEW_EXIT: u8 = 14;
const NEW_POLICE: u8 = 33;
const OTHER_INBOX: u8 = 23;

fn replace_exit_and_desk(next: &mut Directory) {
    next.relays[2] = relay(NEW_EXIT, Layer::Exit, "university");
    next.desks[1] = desk(NEW_POLICE, Slot::Police);
}

/// Waits until the inbox says that this version is in force. Connections end when it takes one up.
async fn taken_up(port: u16, version: u32) {
    loop {
        let caller = Caller::new(port, None);
        let Some(said) = caller.ask(Method::GET, wire::FRESHNESS, Vec::new()).await else {
            continue;
        };
        let note = Note::parse(&said.body).unwrap();
        if Freshness::from_text(note.text()).unwrap().version == version {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_16_anybody_hands_a_directory_in_and_is_told_in_a_sentence_what_is_wrong() {
    let scheme = Scheme::waiting(NEVER, 7_200);
    serving(&scheme, async |port| {
        let anybody = Caller::new(port, None);
        let next = scheme.next(|_| ());
        let unsigned = next.to_text().unwrap();
        let skipped = scheme.next(|next| next.version += 1);
        let over = scheme.next(|next| {
            next.issued = clock::now() - 9_000;
            next.expires = clock::now() - 1;
        });
        let mut stranger = next.clone();
        stranger.name = "Other".to_owned();
        stranger.scheme = stranger.founders();
        let (bad, forbidden) = (StatusCode::BAD_REQUEST, StatusCode::FORBIDDEN);
        for (bytes, status, sentence) in [
            (String::new(), bad, "the directory is malformed: "),
            (
                "x".repeat((1 << 20) + 1),
                bad,
                "a directory has at most 1,048,576 bytes",
            ),
            (unsigned, forbidden, "the directory is signed by 0 officers"),
            (
                note(&stranger),
                forbidden,
                "the directory belongs to another scheme",
            ),
            (
                note(&skipped),
                StatusCode::CONFLICT,
                "version 5 of the directory cannot follow",
            ),
            (
                note(&over),
                bad,
                "the directory breaks a rule: it is issued no earlier",
            ),
        ] {
            let (answer, said) = anybody.hand_in(bytes).await;
            assert_eq!(answer, status, "{said}");
            assert!(said.starts_with(sentence), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
        let none = anybody.get("/v1/directory/4").await.status;
        assert_eq!(none, StatusCode::NOT_FOUND);
        for _ in 0..2 {
            let taken = anybody.hand_in(note(&next)).await;
            assert_eq!(taken, (StatusCode::ACCEPTED, String::new()));
        }
        let kept = anybody.get("/v1/directory/4").await.body;
        assert_eq!(kept, note(&next));
        let other = scheme.next(|next| next.desks[0].name.push('!'));
        let (status, said) = anybody.hand_in(note(&other)).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(
            said.starts_with("another text is logged as version 4"),
            "{said}"
        );
        let third = scheme.next(|next| next.version += 1);
        let (status, said) = anybody.hand_in(note(&third)).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(said.contains("has not taken effect yet"), "{said}");
        let put = anybody.ask(Method::PUT, wire::DIRECTORY, Vec::new()).await;
        assert_eq!(put.unwrap().status, StatusCode::METHOD_NOT_ALLOWED);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_17_relays_say_which_directory_is_in_force_and_a_restart_serves_their_word() {
    let scheme = Scheme::waiting(NEVER, 7_200);
    let answer = serving(&scheme, async |port| {
        let anybody = Caller::new(port, None);
        let say = async |caller: Option<u8>, note: Vec<u8>| {
            let told = Caller::new(port, caller)
                .post_to(wire::FRESHNESS, note)
                .await;
            told.unwrap()
        };
        let by = async |seed| scheme.said(&anybody, seed).await;
        for caller in [None, Some(STRANGER), Some(POLICE), Some(NEW_EXIT)] {
            assert_eq!(say(caller, by(ENTRY).await).await, StatusCode::FORBIDDEN);
        }
        assert_eq!(
            say(Some(ENTRY), by(EXIT).await).await,
            StatusCode::BAD_REQUEST
        );
        let long = vec![b'x'; 70_000];
        assert_eq!(say(Some(ENTRY), long).await, StatusCode::BAD_REQUEST);
        let board = scheme.cosigned(&anybody, LogName::Board, ENTRY).await;
        assert_eq!(say(Some(ENTRY), board).await, StatusCode::CONFLICT);
        assert_eq!(
            say(Some(ENTRY), by(ENTRY).await).await,
            StatusCode::ACCEPTED
        );
        let few = anybody.get(wire::DIRECTORY).await.status;
        assert_eq!(few, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            say(Some(MIDDLE), by(MIDDLE).await).await,
            StatusCode::ACCEPTED
        );
        // From the moment that the next one is logged its relays are heard too.
        let next = note(&scheme.next(replace_exit_and_desk));
        assert_eq!(anybody.hand_in(next).await.0, StatusCode::ACCEPTED);
        let new = by(NEW_EXIT).await;
        assert_eq!(say(Some(NEW_EXIT), new).await, StatusCode::ACCEPTED);
        anybody.get(wire::DIRECTORY).await.body
    })
    .await;
    let current = Current::verify(&answer, scheme.id(), clock::now(), None).unwrap();
    assert_eq!((current.directory.version, current.witnesses), (3, 2));
    serving(&scheme, async |port| {
        let again = Caller::new(port, None).get(wire::DIRECTORY).await;
        assert_eq!((again.status, again.body), (StatusCode::OK, answer));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_18_a_running_inbox_takes_the_next_version_up_on_the_same_socket() {
    let scheme = Scheme::new(NEVER);
    let next = scheme.next(replace_exit_and_desk);
    serving(&scheme, async |port| {
        let exit = Caller::new(port, Some(EXIT));
        assert_eq!(exit.deliver(&[cell(1)]).await, Some(StatusCode::ACCEPTED));
        let early = Caller::new(port, Some(NEW_EXIT)).deliver(&[cell(2)]).await;
        assert_eq!(early, Some(StatusCode::FORBIDDEN));
        let taken = Caller::new(port, None).hand_in(note(&next)).await;
        assert_eq!(taken, (StatusCode::ACCEPTED, String::new()));
        taken_up(port, 4).await;
        // For one packet epoch the exits of both versions deliver, and nobody else.
        for (n, seed) in [(2, NEW_EXIT), (3, EXIT)] {
            let answer = Caller::new(port, Some(seed)).deliver(&[cell(n)]).await;
            assert_eq!(answer, Some(StatusCode::ACCEPTED), "{seed}");
        }
        let entry = Caller::new(port, Some(ENTRY)).deliver(&[cell(4)]).await;
        assert_eq!(entry, Some(StatusCode::FORBIDDEN));
        let gone = Caller::new(port, Some(POLICE))
            .get("/v1/sealed?after=0")
            .await;
        assert_eq!(gone.status, StatusCode::FORBIDDEN);
        let cells = Caller::new(port, Some(NEW_POLICE)).fetch(0).await.0;
        assert_eq!(cells, (1..).zip([1, 2, 3].map(cell)).collect::<Vec<_>>());
        let kept = std::fs::read_to_string(scheme.path("data/directory.note")).unwrap();
        assert_eq!(kept, note(&next));
        // And the one after that.
        let mut third = next.clone();
        third.version = 5;
        let taken = Caller::new(port, None).hand_in(note(&third)).await;
        assert_eq!(taken, (StatusCode::ACCEPTED, String::new()));
        taken_up(port, 5).await;
        let old = Caller::new(port, Some(EXIT)).deliver(&[cell(5)]).await;
        assert_eq!(old, Some(StatusCode::FORBIDDEN), "two versions ago");
    })
    .await;
    // The configuration names the first version still, and what was taken up last may have been cut off.
    let first = note(scheme.directory());
    std::fs::write(scheme.path("data/directory.note"), first).unwrap();
    serving(&scheme, async |port| {
        let cells = Caller::new(port, Some(NEW_POLICE)).fetch(0).await.0;
        assert_eq!(cells.len(), 3);
        let public = Caller::new(port, None);
        let (_, board) = scheme.log(&public, LogName::Board).await;
        assert_eq!(board.len(), 1, "the others wait for the next publication");
        taken_up(port, 5).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_18_an_inbox_that_the_next_version_does_not_name_finishes_and_stops() {
    let scheme = Scheme::new(NEVER);
    let inbox = open(&scheme).await.unwrap();
    let port = inbox.local_addr().port();
    let serving = tokio::spawn(inbox.serve(std::future::pending()));
    let exit = Caller::new(port, Some(EXIT));
    assert_eq!(exit.deliver(&[cell(1)]).await, Some(StatusCode::ACCEPTED));
    let next = scheme.next(|next| {
        next.inbox.key = public(OTHER_INBOX);
        next.inbox.id = brolly_protocol::node::NodeId::of(&next.inbox.key);
    });
    // It may stop before the answer is on its way.
    let _ = Caller::new(port, None)
        .ask(Method::POST, wire::DIRECTORY, note(&next).into_bytes())
        .await;
    let stopped = serving.await.unwrap().unwrap_err();
    assert!(matches!(stopped, RunError::Removed(4)), "{stopped}");
    let failure = brolly_shell::cli::Failure::from(stopped);
    assert_eq!(failure.code, brolly_shell::cli::REFUSED);
    let again = open(&scheme).await.err().unwrap();
    assert!(matches!(again, RunError::OtherKey(_)), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_18_what_the_configuration_names_later_is_not_in_force_and_nothing_goes_back() {
    let scheme = Scheme::waiting(NEVER, 7_200);
    scheme.set_version(5);
    serving(&scheme, async |port| taken_up(port, 5).await).await;
    let config = Config::load(&scheme.path("inbox.toml")).unwrap();
    for version in [4, 6] {
        scheme.set_version(version);
        run::check(&config).unwrap();
        serving(&scheme, async |port| {
            taken_up(port, 5).await;
            let public = Caller::new(port, None);
            let other = format!("{}/{version}", wire::DIRECTORY);
            assert_eq!(public.get(&other).await.status, StatusCode::NOT_FOUND);
        })
        .await;
    }
    // A storage from before the version that was in force here, and another text under it.
    let kept = scheme.path("data/directory.note");
    let mut other = scheme.directory().clone();
    other.version = 6;
    std::fs::write(&kept, note(&other)).unwrap();
    let refused = open(&scheme).await.err().unwrap();
    let numbers = RunError::RolledBack { kept: 6, newest: 5 };
    assert_eq!(refused.to_string(), numbers.to_string());
    (other.version, other.name) = (5, other.name.clone());
    other.desks[0].name.push('!');
    std::fs::write(&kept, note(&other)).unwrap();
    let refused = open(&scheme).await.err().unwrap();
    assert!(matches!(refused, RunError::OtherDirectory(5)), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_10_relays_announce_their_keys_and_too_many_in_a_day_are_told_so() {
    let scheme = Scheme::new(5);
    serving(&scheme, async |port| {
        let exit = Caller::new(port, Some(EXIT));
        let key = |seed, ahead, key| scheme.relay_key(seed, ahead, key);
        let mut posted = Vec::new();
        for n in 0..16 {
            posted.push(key(EXIT, u32::from(n % 3), n));
            for _ in 0..2 {
                let told = exit
                    .post_to(wire::BOARD, posted[usize::from(n)].clone())
                    .await;
                assert_eq!(told, Some(StatusCode::ACCEPTED), "{n}");
            }
        }
        for (entry, told) in [
            (key(EXIT, 0, 99), StatusCode::TOO_MANY_REQUESTS),
            (posted[0].clone(), StatusCode::ACCEPTED),
            (key(EXIT, 4, 99), StatusCode::BAD_REQUEST),
            (key(ENTRY, 0, 99), StatusCode::FORBIDDEN),
            (key(STRANGER, 0, 99), StatusCode::FORBIDDEN),
        ] {
            assert_eq!(exit.post_to(wire::BOARD, entry).await, Some(told));
        }
        for caller in [None, Some(STRANGER), Some(CASEWORKERS)] {
            let entry = key(ENTRY, 0, 1);
            let told = Caller::new(port, caller).post_to(wire::BOARD, entry).await;
            assert_eq!(told, Some(StatusCode::FORBIDDEN), "{caller:?}");
        }
        let public = Caller::new(port, None);
        let board = loop {
            let (_, board) = scheme.log(&public, LogName::Board).await;
            if board.len() == 17 {
                break board;
            }
        };
        assert_eq!(board[1..], posted);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_18_an_inbox_whose_directory_has_expired_starts_and_takes_the_next_one() {
    let scheme = Scheme::waiting(NEVER, 7_200);
    let mut over = scheme.directory().clone();
    (over.issued, over.expires) = (clock::now() - 9_000, clock::now() - 1);
    let signed = SignedDirectory::verify(note(&over).into(), scheme.id(), 0, 0).unwrap();
    std::fs::write(scheme.path("directory.note"), note(&over)).unwrap();
    let refused = open(&scheme).await.err().unwrap();
    assert!(refused.to_string().contains("has expired"), "{refused}");
    // What an inbox has left that ran until then.
    let data = scheme.path("data");
    let ledger = Arc::new(Embedded::open(&data).unwrap());
    let objects = Objects::open(&data.join("objects")).unwrap();
    let poster = Arc::new(Poster::open(Arc::clone(&ledger)).await.unwrap());
    let directories = Directories::new(ledger, objects, poster, scheme.id());
    directories.begin(&signed, over.issued).await.unwrap();
    drop(directories);
    std::fs::write(data.join("directory.note"), note(&over)).unwrap();
    // Threads of sled's hold its file a moment longer than its owner.
    let inbox = loop {
        match open(&scheme).await {
            Err(RunError::Store(_)) => tokio::task::yield_now().await,
            opened => break opened.unwrap(),
        }
    };
    let port = inbox.local_addr().port();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(inbox.serve(async {
        let _ = stopped.await;
    }));
    let next = scheme.next(|_| ());
    let taken = Caller::new(port, None).hand_in(note(&next)).await;
    assert_eq!(taken, (StatusCode::ACCEPTED, String::new()));
    drop(stop);
    serving.await.unwrap().unwrap();
}
