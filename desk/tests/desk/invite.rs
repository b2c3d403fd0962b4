//! Inviting a project's members from its own desk.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use brolly_desk::invite::{Code, CodeError, Step, Wanted, settle, step};
use brolly_keys::role::Desk;
use brolly_keys::sign::{Signed, SigningKey};
use brolly_protocol::invite::{Entrance, Invitation};
use brolly_protocol::onion::Layer;
use brolly_protocol::report::Slot;
use brolly_protocol::token::project::{ProjectId, SecretChange, secret_digest};
use brolly_protocol::wire;
use brolly_shell::cli::{FAILED, NETWORK, REFUSED, USAGE};
use brolly_shell::http::server::{Body, Limits, Request, Response, Server, Service};
use brolly_shell::http::{Method, StatusCode};
use brolly_shell::tls::{self, Clients, Identity};
use tokio::runtime::Runtime;

use crate::scheme::{MEMBERS, Scheme, block_on, desk, desk_id, holds, identity, public};

const DESK: Slot = Slot::Project;
const PROJECT: &str = "St Pauli";
/// The seed of the relay that is the issuer.
const ISSUER: [u8; 32] = [12; 32];

/// The issuer as far as one project's desk sees it.
struct Issuer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _runtime: Runtime,
}

#[derive(Default)]
struct State {
    /// Every change that came.
    posts: Vec<Vec<u8>>,
    /// The one that counts.
    last: Option<SecretChange>,
    /// Said in the place of taking one.
    instead: Option<StatusCode>,
    /// Said although it was taken, as by a connection that breaks.
    lose: bool,
}

struct Answers(Arc<Mutex<State>>);

impl Service for Answers {
    fn body_limit(&self, _: &Method, _: &str) -> usize {
        120
    }

    fn call(&self, request: Request) -> impl Future<Output = Response> + Send {
        let status = self.0.lock().unwrap().answer(&request);
        std::future::ready(Response::empty(status))
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> StatusCode {
        let Body::Whole(bytes) = &request.body else {
            return StatusCode::BAD_REQUEST;
        };
        assert_eq!(request.path, wire::PROJECTS);
        self.posts.push(bytes.to_vec());
        if let Some(status) = self.instead {
            return status;
        }
        let signed = Signed::<SecretChange>::from_wire(bytes).unwrap();
        let key = SigningKey::<Desk>::from_seed(&identity(DESK)).verifying_key();
        let change = *signed.verify(&key).unwrap();
        if request.peer != Some(public(DESK)) || change.desk != desk_id(DESK) {
            return StatusCode::FORBIDDEN;
        }
        match self.last {
            Some(last) if last == change => {}
            Some(last) if change.serial <= last.serial => return StatusCode::CONFLICT,
            _ => self.last = Some(change),
        }
        match self.lose {
            true => StatusCode::SERVICE_UNAVAILABLE,
            false => StatusCode::ACCEPTED,
        }
    }
}

impl Issuer {
    fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = server.local_addr();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let tls = tls::server(&Identity::from_seed(&ISSUER).unwrap(), Clients::Optional);
        let service = Arc::new(Answers(Arc::clone(&state)));
        runtime.spawn(async move {
            let never = std::future::pending::<()>();
            server.run(tls, service, Limits::default(), never).await
        });
        Self {
            address,
            state,
            _runtime: runtime,
        }
    }
}

struct Project {
    scheme: Scheme,
    issuer: Issuer,
}

impl Project {
    fn new() -> Self {
        let issuer = Issuer::start();
        let scheme = Scheme::at(brolly_shell::clock::now(), |directory| {
            directory.desks.push(desk(DESK, PROJECT));
            directory.relays[1].address = issuer.address.to_string();
        });
        Self { scheme, issuer }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.issuer.state.lock().unwrap()
    }

    /// Runs a command, and gives the invitation that it shows.
    fn invites(&self, arguments: &[&str]) -> Invitation {
        let link = self.scheme.works(DESK, &[&["invite"], arguments].concat());
        Invitation::from_link(link.strip_suffix('\n').unwrap()).unwrap()
    }

    fn fails(&self, arguments: &[&str], code: u8, words: &str) {
        let arguments = [&["invite"], arguments].concat();
        self.scheme.fails(DESK, &arguments, code, words);
    }

    /// Whether the issuer gives tokens to those who hold this invitation.
    fn counts(&self, invitation: &Invitation) -> bool {
        let scheme = self.scheme.directory.scheme;
        let project = ProjectId::of(scheme, &invitation.project);
        let digest = secret_digest(scheme, project, &invitation.secret);
        self.state().last.is_some_and(|last| last.digest == digest)
    }
}

#[test]
fn spec_11_14_one_secret_for_all_members_is_told_to_the_issuer_and_shown() {
    let project = Project::new();
    project.fails(
        &["show"],
        FAILED,
        "has no secret yet: make one with `brolly-desk invite new`",
    );
    project.fails(&["rotate", "--yes"], FAILED, "`brolly-desk invite new`");
    let invitation = project.invites(&["new"]);
    let directory = &project.scheme.directory;
    assert_eq!(invitation.scheme, directory.scheme);
    assert_eq!(invitation.project, PROJECT);
    assert_eq!(invitation.members, MEMBERS);
    let entries: Vec<_> = directory
        .layer(Layer::Entry)
        .map(|relay| Entrance {
            key: relay.key.to_bytes(),
            address: relay.address.clone(),
        })
        .collect();
    assert_eq!(invitation.entries, entries);
    assert!(project.counts(&invitation));
    assert_eq!(project.state().posts.len(), 1);
    // Another member is shown the same, and the issuer is not asked.
    assert_eq!(project.invites(&["show"]), invitation);
    let object = project.scheme.json(DESK, &["invite", "show", "--json"]);
    let link = object["link"].as_str().unwrap();
    assert_eq!(Invitation::from_link(link), Ok(invitation.clone()));
    assert_eq!(object["project"], PROJECT);
    project.fails(
        &["new"],
        FAILED,
        "`brolly-desk invite rotate` makes another",
    );
    assert_eq!(project.state().posts.len(), 1);
    assert!(!holds(&project.scheme.path("project"), &invitation.secret));

    // Only a project's own desk invites.
    let words = "only a project\u{2019}s own desk invites";
    project
        .scheme
        .fails(Slot::Police, &["invite", "new"], REFUSED, words);
}

#[test]
fn spec_11_14_a_rotation_says_what_it_means_and_ends_the_invitations_before() {
    let project = Project::new();
    let first = project.invites(&["new"]);
    let output = project.scheme.run(DESK, &["invite", "rotate"]);
    assert_eq!(output.status.code(), Some(USAGE.into()), "nobody was asked");
    let told = String::from_utf8(output.stderr).unwrap();
    for words in [
        "All invitations that were given out before stop working at once for sending",
        "What was sent stays",
        "Every member needs the new one",
        "Warnings can still be read with an old invitation",
    ] {
        assert!(told.contains(words), "{words:?} in {told}");
    }
    assert!(project.counts(&first));
    let second = project.invites(&["rotate", "--yes"]);
    assert!(project.counts(&second) && !project.counts(&first));
    assert_eq!(second.members, first.members);
    assert_eq!(project.invites(&["show"]), second);
    let serials: Vec<_> = {
        let state = project.state();
        let changes = state.posts.iter();
        changes
            .map(|post| Signed::<SecretChange>::from_wire(post).unwrap())
            .map(|signed| signed.claimed().unwrap().serial)
            .collect()
    };
    assert!(serials.is_sorted_by(|a, b| a < b) && serials.len() == 2);
}

#[test]
fn spec_11_14_killed_between_keeping_and_telling_the_next_command_goes_on() {
    let project = Project::new();
    let first = project.invites(&["new"]);
    let (place, mut keys) = (project.scheme.place(DESK), project.scheme.keys(DESK));
    // Killed after it was drawn.
    assert_eq!(step(&keys, Wanted::Rotate).unwrap(), Step::Draw);
    keys.draw_project_secret(project.scheme.now + 5).unwrap();
    let drawn = keys.project_secret().unwrap();
    assert!(project.counts(&first), "until then the old one counts");
    for wanted in [Wanted::New, Wanted::Show, Wanted::Rotate] {
        assert_eq!(step(&keys, wanted).unwrap(), Step::GoOn);
    }
    // The issuer is away, and then takes it but does not get to say so.
    project.state().instead = Some(StatusCode::SERVICE_UNAVAILABLE);
    let words = "the new secret is kept, and the same command goes on with it";
    project.fails(&["rotate", "--yes"], NETWORK, words);
    project.state().instead = None;
    project.state().lose = true;
    project.fails(&["show"], NETWORK, words);
    project.state().lose = false;
    let second = project.invites(&["rotate", "--yes"]);
    assert_eq!(second.secret, *drawn.secret);
    assert!(project.counts(&second));
    let posts = project.state().posts.clone();
    assert_eq!(posts.len(), 4);
    assert!(
        posts[1..].iter().all(|post| *post == posts[1]),
        "one change"
    );
    // Killed before that was noted.
    let mut stale = project.scheme.keys(DESK);
    block_on(settle(&place, &mut stale, Step::GoOn)).unwrap();
    assert_eq!(project.invites(&["show"]), second);
}

#[test]
fn spec_11_14_a_project_that_is_not_admitted_or_has_a_later_secret_is_explained() {
    let project = Project::new();
    project.state().instead = Some(StatusCode::FORBIDDEN);
    let words = "the issuer does not know this project by this desk";
    project.fails(&["new"], REFUSED, words);
    project.state().instead = None;
    let first = project.invites(&["new"]);
    assert!(project.counts(&first));
    // The key file comes back from a back-up, from before a change with a serial of the far future.
    let file = std::fs::read(project.scheme.config(DESK).identity).unwrap();
    let mut keys = project.scheme.keys(DESK);
    keys.draw_project_secret(project.scheme.now + 1_000_000)
        .unwrap();
    let place = project.scheme.place(DESK);
    block_on(settle(&place, &mut keys, Step::GoOn)).unwrap();
    std::fs::write(project.scheme.config(DESK).identity, file).unwrap();
    let words = "the issuer has a later secret of this project";
    project.fails(&["rotate", "--yes"], REFUSED, words);
    assert!(project.scheme.keys(DESK).project_secret().is_none());
}

#[test]
fn spec_11_14_the_code_in_the_picture_is_the_link() {
    let project = Project::new();
    let path = project.scheme.path("invitation.png");
    let file = path.to_str().unwrap();
    let invitation = project.invites(&["new", "--qr", file]);
    let link = invitation.to_link().unwrap();
    assert_eq!(decoded(&std::fs::read(&path).unwrap()), link);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    // Nothing is overwritten and nothing is drawn before that is known.
    let posts = project.state().posts.len();
    let words = "is there already and is not overwritten";
    project.fails(&["rotate", "--yes", "--qr", file], FAILED, words);
    assert_eq!(project.state().posts.len(), posts);
    let second = project.invites(&["rotate", "--yes", "--qr", file, "--replace"]);
    assert_ne!(second, invitation);
    assert_eq!(
        decoded(&std::fs::read(&path).unwrap()),
        second.to_link().unwrap()
    );
}

#[test]
fn spec_11_14_a_link_that_no_code_holds_is_refused_before_a_secret_is_drawn() {
    // The most entries that fit, and then some.
    let link = |entries: u8| {
        let entry = |n| Entrance {
            key: [n; 32],
            address: "entry-relay.example.org:443".to_owned(),
        };
        let invitation = Invitation {
            scheme: brolly_protocol::node::SchemeId([7; 32]),
            project: PROJECT.to_owned(),
            secret: [3; 16],
            members: MEMBERS,
            entries: (0..entries).map(entry).collect(),
        };
        invitation.to_link().unwrap()
    };
    let most = (1..=255).take_while(|n| Code::of(&link(*n)).is_ok()).last();
    assert_eq!(most, Some(34));
    assert_eq!(
        decoded(&Code::of(&link(34)).unwrap().png().unwrap()),
        link(34)
    );
    let Err(error @ CodeError::TooLong(_)) = Code::of(&link(255)) else {
        panic!("it fits");
    };
    assert!(
        error.to_string().contains("give it out as a link"),
        "{error}"
    );

    let mut project = Project::new();
    let entry = project.scheme.directory.relays[0].clone();
    for n in 160..200 {
        let mut relay = entry.clone();
        relay.key = SigningKey::from_seed(&[n; 32]).verifying_key();
        relay.id = brolly_protocol::node::NodeId::of(&relay.key);
        relay.witness = SigningKey::from_seed(&[n; 32]).verifying_key();
        relay.address = "entry-relay.example.org:443".to_owned();
        project.scheme.directory.relays.push(relay);
    }
    project.scheme.publish();
    // Too few of them would say so: the first minutes of the scheme.
    project.scheme.inbox.state().silent = Some(StatusCode::SERVICE_UNAVAILABLE);
    let path = project.scheme.path("invitation.png");
    let file = path.to_str().unwrap();
    let words = "no QR code holds more than 2,953";
    project.fails(&["new", "--qr", file], FAILED, words);
    assert!(project.state().posts.is_empty() && !path.exists());
    assert_eq!(project.invites(&["new"]).entries.len(), 41);
}

/// What a telephone reads.
fn decoded(png: &[u8]) -> String {
    let picture = image::load_from_memory(png).unwrap().to_luma8();
    let (width, height) = picture.dimensions();
    let at = |n: u32| usize::try_from(n).unwrap();
    let mut seen = rqrr::PreparedImage::prepare_from_greyscale(at(width), at(height), |x, y| {
        let pixel = |n: usize| u32::try_from(n).unwrap();
        picture.get_pixel(pixel(x), pixel(y)).0[0]
    });
    let grids = seen.detect_grids();
    let [grid] = &grids[..] else {
        panic!("{} codes", grids.len());
    };
    grid.decode().unwrap().1
}
