//! Two entry relays in this process, and the program run against them.

use std::fs;
use std::future::pending;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard};

use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::SUBMISSION;
use brolly_protocol::log::Entry;
use brolly_protocol::wire;
use brolly_shell::http::server::{Body, Limits, Request, Response, Server, Service};
use brolly_shell::http::{Method, StatusCode};
use brolly_shell::{clock, tls};
use serde_json::Value;

use crate::fake::Scheme;

pub(crate) const NARRATIVE: &str = "he drove a heron-blue van";
const REPORT: &str = "[incident]\nnarrative = \"he drove a heron-blue van\"\narea = \"LS2\"\n[consent]\npolice = true\n";

/// What the relays of one test share.
pub(crate) struct World {
    pub(crate) scheme: Scheme,
    /// What they answer to a `POST`, entrance by entrance.
    pub(crate) post: [u16; 2],
    /// Requests: entrance, method, path, bytes of the body.
    pub(crate) asked: Vec<(usize, Method, String, usize)>,
    pub(crate) delivered: Vec<SealedCell>,
    /// Whether every relay answers everything with 503.
    pub(crate) closed: bool,
    /// Where every relay says that it was asked, and then gives no answer.
    pub(crate) silent: Option<Sender<()>>,
}

struct Relay {
    entrance: usize,
    world: Arc<Mutex<World>>,
}

impl Service for Relay {
    fn body_limit(&self, _: &Method, _: &str) -> usize {
        SUBMISSION
    }

    async fn call(&self, request: Request) -> Response {
        let silent = self.world.lock().unwrap().silent.clone();
        if let Some(silent) = silent {
            let _ = silent.send(());
            return pending().await;
        }
        let mut world = self.world.lock().unwrap();
        let Body::Whole(body) = request.body else {
            return Response::empty(StatusCode::ACCEPTED);
        };
        let asked = (
            self.entrance,
            request.method,
            request.path.clone(),
            body.len(),
        );
        world.asked.push(asked);
        if world.closed {
            return Response::empty(StatusCode::SERVICE_UNAVAILABLE);
        }
        let bytes = match request.path.as_str() {
            wire::DIRECTORY => world.scheme.in_force(),
            wire::KEYS => world.scheme.keys(),
            wire::WINDOW => world.scheme.window(),
            wire::ALERTS => world.scheme.alerts(),
            wire::TOKENS => world.scheme.tokens(&body),
            _ => {
                let status = StatusCode::from_u16(world.post[self.entrance]).unwrap();
                if status == StatusCode::ACCEPTED {
                    let key = world.scheme.directory.relays[self.entrance].key.to_bytes();
                    let cell = world.scheme.carry(key, &body);
                    world.delivered.extend(cell);
                }
                return Response::empty(status);
            }
        };
        Response::bytes(StatusCode::OK, "application/octet-stream", bytes)
    }
}

/// Two entry relays, and a folder for whoever uses them.
pub(crate) struct Country {
    world: Arc<Mutex<World>>,
    pub(crate) addresses: Vec<String>,
    folder: tempfile::TempDir,
}

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.err);
        serde_json::from_str(&self.out).unwrap()
    }
}

impl Country {
    pub(crate) fn new() -> Self {
        Self::of(Scheme::new(clock::now()))
    }

    pub(crate) fn of(scheme: Scheme) -> Self {
        let world = Arc::new(Mutex::new(World {
            scheme,
            post: [202; 2],
            closed: false,
            silent: None,
            asked: Vec::new(),
            delivered: Vec::new(),
        }));
        let addresses = [0, 1].map(|entrance| {
            let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
            let address = server.local_addr().to_string();
            let seed = Scheme::relay_seed(u8::try_from(entrance).unwrap());
            let identity = tls::Identity::from_seed(&seed).unwrap();
            let relay = Arc::new(Relay {
                entrance,
                world: Arc::clone(&world),
            });
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                let tls = tls::server(&identity, tls::Clients::Anyone);
                let run = server.run(tls, relay, Limits::default(), pending::<()>());
                runtime.block_on(run).unwrap();
            });
            address
        });
        Self {
            world,
            addresses: addresses.into(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn joined() -> Self {
        let country = Self::new();
        let joined = country
            .run("home", &["join", "-", "--json"], &country.link())
            .json();
        assert_eq!(joined["joined"], true);
        assert_eq!(joined["project"], "Leeds");
        country.world().asked.clear();
        country.world().delivered.clear();
        country
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub(crate) fn link(&self) -> String {
        let invitation = self.world().scheme.invitation_to(self.addresses.clone());
        invitation.to_link().unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) -> String {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    pub(crate) fn run(&self, home: &str, args: &[&str], input: &str) -> Ran {
        self.start(
            Command::new(env!("CARGO_BIN_EXE_brolly")),
            home,
            args,
            input,
        )
    }

    /// The same, and the program gets no more than `kib` KiB of memory.
    pub(crate) fn run_within(&self, kib: u32, home: &str, args: &[&str], input: &str) -> Ran {
        let mut shell = Command::new("sh");
        let limited = format!("ulimit -d {kib} && exec \"$0\" \"$@\"");
        shell.args(["-c", &limited, env!("CARGO_BIN_EXE_brolly")]);
        self.start(shell, home, args, input)
    }

    /// Starts it and lets it run.
    pub(crate) fn spawn(&self, home: &str, args: &[&str]) -> Child {
        self.child(Command::new(env!("CARGO_BIN_EXE_brolly")), home, args)
    }

    fn child(&self, mut program: Command, home: &str, args: &[&str]) -> Child {
        program
            .args(["--home", &self.path(home)])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn start(&self, program: Command, home: &str, args: &[&str], input: &str) -> Ran {
        let mut child = self.child(program, home, args);
        let mut stdin = child.stdin.take().unwrap();
        // A program that ended without reading is fine.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn report(&self, args: &[&str]) -> Ran {
        let file = self.write("report.toml", REPORT.as_bytes());
        let args = [&["report", "--from", &file, "--json"], args].concat();
        self.run("home", &args, "")
    }

    /// Sends a report and puts it into the log; gives its cell and the words of its code.
    pub(crate) fn published(&self) -> (SealedCell, String) {
        let sent = self.report(&["--yes"]).json();
        let mut world = self.world();
        let cell = world.delivered.remove(0);
        world.scheme.publish(Entry::of(&cell));
        (cell, sent["words"].as_str().unwrap().to_owned())
    }

    /// Puts the files of a mirror into a folder.
    pub(crate) fn mirror(&self, name: &str) -> String {
        for (path, bytes) in self.world().scheme.archive() {
            let path = Path::new(&self.path(name)).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        self.path(name)
    }

    pub(crate) fn sessions(&self) -> Vec<(Method, String, usize)> {
        let asked = std::mem::take(&mut self.world().asked);
        asked
            .into_iter()
            .map(|(_, method, path, length)| (method, path, length))
            .collect()
    }
}

pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .collect()
}

pub(crate) fn holds(bytes: &[u8], canary: &str) -> bool {
    bytes
        .windows(canary.len())
        .any(|window| window == canary.as_bytes())
}
