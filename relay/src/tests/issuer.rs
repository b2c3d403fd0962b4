use std::sync::Arc;
use std::time::{Duration, Instant};

use brolly_keys::pair::SecretKey;
use brolly_keys::role::Desk;
use brolly_keys::sign::SigningKey;
use brolly_protocol::directory::{DeskEntry, Directory};
use brolly_protocol::geometry::{SECRET_CHANGE, TOKEN_ANSWER, TOKEN_REQUEST};
use brolly_protocol::node::NodeId;
use brolly_protocol::onion::{Hop, Layer};
use brolly_protocol::report::Slot;
use brolly_protocol::token::project::{ProjectId, SecretChange, secret_digest};
use brolly_protocol::token::request::{AnswerError, Pending, Refusal, TokenRequest};
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::http::client::Link;
use brolly_shell::http::server::{Body, Request, Response, Service};
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::random;
use tokio::sync::mpsc;

use super::world::{BOUND, PROJECT, SECRET, World, frozen, get, post, quick, relay_key};
use crate::assignment::AssignmentError;
use crate::config::IssuerConfig;
use crate::issuer::projects::{self, ProjectsError};
use crate::issuer::{IssuerError, IssuerKeys};
use crate::run::RunError;

async fn send(link: &Link, path: &str, body: impl Into<Bytes>) -> (StatusCode, Bytes) {
    let sent = link
        .send(Method::POST, path, body.into(), 1_000, BOUND)
        .await;
    let reply = sent.unwrap();
    (reply.status, reply.body)
}

/// A request of the project for tokens for an entry and the inbox, as a client seals it.
fn request(issuer: &World, secret: u8) -> (Bytes, Pending) {
    let (epoch, directory) = (issuer.epoch(), &issuer.directory);
    let held = issuer.memory.keys().unwrap();
    let (_, seed) = held.iter().find(|(held, _)| *held == epoch).unwrap();
    let request = TokenRequest {
        scheme: directory.scheme,
        issuer: &Hop {
            relay: issuer.id(),
            epoch,
            key: SecretKey::from_seed(seed).public(),
        },
        period: &directory.issuer.keys[0],
        project: ProjectId::of(directory.scheme, PROJECT),
        secret: &[secret; 16],
        places: [
            NodeId::of(&relay_key(Layer::Entry).verifying_key()),
            directory.inbox.id,
        ],
    };
    let (wire, pending) = request.seal(&mut random::system()).unwrap();
    (wire.into_vec().into(), pending)
}

fn seed(layer: Layer) -> Option<[u8; 32]> {
    Some(*relay_key(layer).expose())
}

fn project_desk() -> SigningKey<Desk> {
    SigningKey::from_seed(&[41; 32])
}

fn add_desk(directory: &mut Directory) {
    let key = project_desk().verifying_key();
    directory.desks.push(DeskEntry {
        id: NodeId::of(&key),
        name: "the project's desk".to_owned(),
        slot: Slot::Project,
        area: PROJECT.to_owned(),
        alerts: false,
        key,
    });
}

#[tokio::test]
async fn spec_9_11_the_issuer_answers_entries_alone_and_every_answer_alike() {
    let issuer = World::new(Layer::Middle, frozen);
    let relay = issuer.start();
    for stranger in [None, Some([99; 32]), seed(Layer::Exit), seed(Layer::Middle)] {
        let got = send(
            &relay.link(stranger),
            wire::TOKENS,
            request(&issuer, SECRET).0,
        )
        .await;
        assert_eq!(got, (StatusCode::FORBIDDEN, Bytes::new()));
    }
    let entry = relay.link(seed(Layer::Entry));
    for length in [0, TOKEN_REQUEST - 1, TOKEN_REQUEST + 1] {
        let got = send(&entry, wire::TOKENS, vec![0; length]).await;
        assert_eq!(got, (StatusCode::BAD_REQUEST, Bytes::new()));
    }
    let entry = relay.link(seed(Layer::Entry));
    let (good, pending) = request(&issuer, SECRET);
    let (wrong, refused) = request(&issuer, SECRET + 1);
    let mut answers = Vec::new();
    for wire in [good.clone(), wrong, good, vec![0; TOKEN_REQUEST].into()] {
        let asked = Instant::now();
        let (status, answer) = send(&entry, wire::TOKENS, wire).await;
        assert_eq!((status, answer.len()), (StatusCode::OK, TOKEN_ANSWER));
        // None leaves as soon as it is known.
        assert!(asked.elapsed() >= Duration::from_millis(50));
        answers.push(answer);
    }
    assert!(pending.finish(&answers[0]).is_ok());
    let refused = refused.finish(&answers[1]).err();
    assert_eq!(refused, Some(AnswerError::Refused(Refusal::Project)));
    assert_ne!(answers[0], answers[2], "a replay gets nothing");
}

#[tokio::test]
async fn spec_9_10_tokens_that_were_asked_for_through_an_entry_are_good_there() {
    let issuer = World::new(Layer::Middle, frozen);
    let at = issuer.start();
    let mut world = World::new(Layer::Entry, quick);
    let middle = at.address.to_string();
    world.redirect(|directory| {
        let mut relays = directory.relays.iter_mut();
        let relay = relays.find(|relay| relay.layer == Layer::Middle).unwrap();
        relay.address = middle;
    });
    let relay = world.start();
    // Nobody in particular.
    let link = relay.link(None);
    let (wire, pending) = request(&issuer, SECRET);
    let (status, answer) = send(&link, wire::TOKENS, wire).await;
    assert_eq!((status, answer.len()), (StatusCode::OK, TOKEN_ANSWER));
    let [token, for_the_inbox] = pending.finish(&answer).unwrap();
    let packet = world.packet(|_| {}).body.split_off(token.to_bytes().len());
    let with = |token: &[u8]| [token, &packet].concat();
    assert_eq!(
        post(&link, with(&for_the_inbox.to_bytes())).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post(&link, with(&token.to_bytes())).await.0,
        StatusCode::ACCEPTED
    );
}

/// In the place of the issuer: hands on what it was given, and answers as it is told.
struct Stub {
    given: mpsc::UnboundedSender<(String, Option<[u8; 32]>, Bytes)>,
    answer: std::sync::Mutex<Response>,
}

impl Service for Stub {
    fn body_limit(&self, _: &Method, _: &str) -> usize {
        1 << 20
    }

    async fn call(&self, request: Request) -> Response {
        let Body::Whole(body) = request.body else {
            panic!("a body over the limit");
        };
        self.given.send((request.path, request.peer, body)).unwrap();
        self.answer.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn spec_9_10_an_entry_passes_the_same_bytes_on_and_answers_what_it_gets_if_it_has_the_size() {
    let mut world = World::new(Layer::Entry, frozen);
    let (given, mut got) = mpsc::unbounded_channel();
    let answer =
        |length| Response::bytes(StatusCode::OK, "application/octet-stream", vec![7; length]);
    let stub = Arc::new(Stub {
        given,
        answer: std::sync::Mutex::new(answer(TOKEN_ANSWER)),
    });
    world.next.be(Arc::clone(&stub));
    let relay = world.start();
    let request: Bytes = (0..TOKEN_REQUEST).map(|n| n.to_be_bytes()[7]).collect();
    let (status, body) = send(&relay.link(None), wire::TOKENS, request.clone()).await;
    assert_eq!(
        (status, &body[..]),
        (StatusCode::OK, &[7; TOKEN_ANSWER][..])
    );
    let (path, peer, passed) = got.recv().await.unwrap();
    assert_eq!((path.as_str(), passed), (wire::TOKENS, request.clone()));
    assert_eq!(
        peer,
        Some(relay_key(Layer::Entry).verifying_key().to_bytes())
    );

    // What is not a request is not passed on.
    for length in [0, TOKEN_REQUEST - 1, TOKEN_REQUEST + 1, 10 * TOKEN_REQUEST] {
        let got = send(&relay.link(None), wire::TOKENS, vec![0; length]).await;
        assert_eq!(got, (StatusCode::BAD_REQUEST, Bytes::new()));
    }
    assert!(got.try_recv().is_err());

    let wrong = [
        answer(TOKEN_ANSWER - 1),
        answer(TOKEN_ANSWER + 1),
        answer(0),
        Response::empty(StatusCode::FORBIDDEN),
        Response::bytes(StatusCode::ACCEPTED, "", vec![7; TOKEN_ANSWER]),
    ];
    for answer in wrong {
        *stub.answer.lock().unwrap() = answer;
        let got = send(&relay.link(None), wire::TOKENS, request.clone()).await;
        assert_eq!(got, (StatusCode::SERVICE_UNAVAILABLE, Bytes::new()));
    }
}

#[tokio::test]
async fn spec_9_10_without_the_issuer_an_entry_answers_503() {
    let mut world = World::new(Layer::Entry, frozen);
    world.next.down();
    let relay = world.start();
    let request = vec![0; TOKEN_REQUEST];
    let got = send(&relay.link(None), wire::TOKENS, request).await;
    assert_eq!(got, (StatusCode::SERVICE_UNAVAILABLE, Bytes::new()));
}

#[tokio::test]
async fn what_an_issuer_is_asked_other_relays_do_not_know() {
    let posts = [
        (Layer::Entry, wire::PROJECTS),
        (Layer::Exit, wire::TOKENS),
        (Layer::Exit, wire::PROJECTS),
    ];
    for (layer, path) in posts {
        let world = World::new(layer, frozen);
        let relay = world.start();
        let link = relay.link(seed(Layer::Entry));
        let got = send(&link, path, Bytes::new()).await;
        assert_eq!(
            got,
            (StatusCode::NOT_FOUND, Bytes::new()),
            "{layer:?} {path}"
        );
    }
    let world = World::new(Layer::Middle, frozen);
    let relay = world.start();
    for path in [wire::TOKENS, wire::PROJECTS] {
        let (status, _) = get(&relay.link(seed(Layer::Entry)), path).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    }
}

#[tokio::test]
async fn spec_9_12_a_new_secret_is_in_force_at_once_and_survives_a_crash() {
    let mut world = World::new(Layer::Middle, frozen);
    world.redirect(add_desk);
    let relay = world.start();
    let desk = project_desk();
    let (scheme, id) = (
        world.directory.scheme,
        ProjectId::of(world.directory.scheme, PROJECT),
    );
    let change = |serial, secret: u8| {
        let change = SecretChange {
            desk: NodeId::of(&desk.verifying_key()),
            serial,
            digest: secret_digest(scheme, id, &[secret; 16]),
        };
        change.sign(&desk)
    };
    let from_desk = relay.link(Some(*desk.expose()));
    let from_scheme_desk = relay.link(Some(*super::world::desk_key().expose()));
    for link in [
        &relay.link(None),
        &from_scheme_desk,
        &relay.link(seed(Layer::Entry)),
    ] {
        let (status, text) = send(link, wire::PROJECTS, change(1, 50)).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(text.starts_with(b"only the desk of a project"), "{text:?}");
    }
    for body in [
        Vec::new(),
        vec![0; SECRET_CHANGE],
        vec![0; SECRET_CHANGE + 1],
    ] {
        let link = relay.link(Some(*desk.expose()));
        let (status, text) = send(&link, wire::PROJECTS, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(text.starts_with(b"this is not a change"), "{text:?}");
    }
    let taken = (StatusCode::ACCEPTED, Bytes::new());
    assert_eq!(send(&from_desk, wire::PROJECTS, change(3, 50)).await, taken);
    let (status, text) = send(&from_desk, wire::PROJECTS, change(2, 51)).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        String::from_utf8_lossy(&text).contains("serial 3"),
        "{text:?}"
    );

    let tokens = async |link: &Link, secret| {
        let (wire, pending) = request(&world, secret);
        let (_, answer) = send(link, wire::TOKENS, wire).await;
        pending.finish(&answer).map(|_| ())
    };
    let refused = Err(AnswerError::Refused(Refusal::Project));
    let entry = relay.link(seed(Layer::Entry));
    assert_eq!(tokens(&entry, SECRET).await, refused);
    assert_eq!(tokens(&entry, 50).await, Ok(()));
    relay.kill();
    let relay = world.start();
    let entry = relay.link(seed(Layer::Entry));
    assert_eq!(tokens(&entry, SECRET).await, refused);
    assert_eq!(tokens(&entry, 50).await, Ok(()));
    // The umbrella revokes it while the issuer runs.
    projects::edit::<_, ProjectsError>(&world.config.projects(), |projects| {
        projects.clear();
        Ok(())
    })
    .unwrap();
    assert_eq!(tokens(&entry, 50).await, refused);
    let link = relay.link(Some(*desk.expose()));
    let (status, text) = send(&link, wire::PROJECTS, change(4, 52)).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(text.starts_with(b"the project is not admitted"), "{text:?}");
}

#[test]
fn an_issuer_without_its_keys_or_projects_does_not_start_and_one_that_is_none_issues_nothing() {
    let why = |world: &World| match world.open().err() {
        Some(RunError::Assignment(AssignmentError::Issuer(why))) => why,
        other => panic!("{other:?}"),
    };
    // Whoever was the issuer until the last version passes packets on as before.
    let mut world = World::new(Layer::Exit, frozen);
    world.config.issuer = Some(IssuerConfig::default());
    assert!(world.open().is_ok());

    let mut world = World::new(Layer::Middle, frozen);
    std::fs::remove_file(world.config.projects()).unwrap();
    assert!(matches!(why(&world), IssuerError::Projects(_)));
    world.issuer = IssuerKeys::default;
    let error = why(&world);
    assert!(matches!(error, IssuerError::NoKey(671)));
    assert!(error.to_string().contains("key of month 671"), "{error}");
}

#[test]
fn a_key_that_the_directory_does_not_have_under_its_month_is_none() {
    let mut world = World::new(Layer::Middle, frozen);
    assert!(world.open().is_ok());
    let now = clock::now();
    world.redirect(|directory| directory.issuer.keys[0].period += 1);
    assert!(matches!(
        world.open().err(),
        Some(RunError::Assignment(AssignmentError::Issuer(
            IssuerError::NoKey(672)
        )))
    ));
    let world = &mut World::new(Layer::Middle, frozen);
    world.redirect(|directory| {
        // Not yet.
        directory
            .issuer
            .keys
            .push(super::mint::next_period(672, now + 60, now + 40 * 86_400));
    });
    let relay = world.open().unwrap();
    let told = relay.writer.journal.due(0);
    assert!(
        told.iter()
            .any(|(_, name, _)| *name == "issuer-key-missing")
    );
}
