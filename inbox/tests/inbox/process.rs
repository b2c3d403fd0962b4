use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use ::http::StatusCode;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::log::Entry;
use rustix::process::{Pid, Signal, kill_process};

use crate::scheme::{Caller, EXIT, NEVER, POLICE, Scheme, cell};

struct Inbox {
    child: Child,
    port: u16,
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_brolly-inbox"))
}

impl Inbox {
    /// Starts the program and waits until it says that it is ready.
    fn start(scheme: &Scheme) -> Self {
        let notify = scheme.path("notify");
        let _ = std::fs::remove_file(&notify);
        let supervisor = UnixDatagram::bind(&notify).unwrap();
        supervisor
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut child = program()
            .args(["run", "--config"])
            .arg(scheme.path("inbox.toml"))
            .env("NOTIFY_SOCKET", &notify)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        log.read_line(&mut line).unwrap();
        let port = line
            .strip_prefix("info ready port=")
            .and_then(|rest| rest.split(' ').next())
            .unwrap_or_else(|| panic!("{line}"));
        let mut message = [0; 64];
        let length = supervisor.recv(&mut message).unwrap();
        assert_eq!(&message[..length], b"READY=1\n");
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self {
            child,
            port: port.parse().unwrap(),
        }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = program().args(arguments).output().unwrap();
    let said = String::from_utf8([stdout, stderr].concat()).unwrap();
    (status.code(), said)
}

fn with_config(command: &str, scheme: &Scheme) -> (Option<i32>, String) {
    run(&[
        command,
        "--config",
        scheme.path("inbox.toml").to_str().unwrap(),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_5_killed_again_and_again_while_cells_arrive_none_acknowledged_is_lost_and_none_is_twice()
 {
    const ROUNDS: u64 = 4;
    let scheme = Scheme::new(2);
    let mut acknowledged: Vec<Entry> = Vec::new();
    for round in 0..ROUNDS {
        let inbox = Inbox::start(&scheme);
        let exit = Caller::new(inbox.port, Some(EXIT));
        let other = Caller::new(inbox.port, Some(EXIT));
        // The kill comes while both are in the middle of a delivery, later each round.
        let deliver = async |exit: &Caller, which: u64| {
            let mut taken = Vec::new();
            for n in 0.. {
                let number = (round * 2 + which) * 100_000 + n * 3;
                // The third was brought before, by the delivery ahead of this one.
                let batch = [
                    cell(number),
                    cell(number + 1),
                    cell(number.saturating_sub(3)),
                ];
                match exit.deliver(&batch).await {
                    Some(StatusCode::ACCEPTED) => taken.extend(batch.iter().map(Entry::of)),
                    _ => break,
                }
            }
            taken
        };
        let killer = async {
            let public = Caller::new(inbox.port, None);
            scheme
                .published(
                    &public,
                    acknowledged.len() / 2 + 1 + usize::try_from(round).unwrap() * 7,
                )
                .await;
            inbox.kill();
        };
        let (one, two, ()) = tokio::join!(deliver(&exit, 0), deliver(&other, 1), killer);
        acknowledged.extend(one.into_iter().chain(two));
        acknowledged.sort_unstable();
        acknowledged.dedup();
    }
    let inbox = Inbox::start(&scheme);
    let desk = Caller::new(inbox.port, Some(POLICE));
    let (cells, _) = desk.fetch(0).await;
    let numbers: Vec<u64> = cells.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..).take(cells.len()).collect::<Vec<u64>>());
    let cells: Vec<SealedCell> = cells.into_iter().map(|(_, cell)| cell).collect();
    let published = scheme.published(&desk, cells.len()).await;
    for mut held in [cells.iter().map(Entry::of).collect(), published] {
        let count = held.len();
        held.sort_unstable();
        held.dedup();
        assert_eq!(held.len(), count);
        assert!(
            acknowledged
                .iter()
                .all(|entry| held.binary_search(entry).is_ok())
        );
    }
}

#[test]
fn sigterm_ends_it_with_0() {
    let scheme = Scheme::new(NEVER);
    let mut inbox = Inbox::start(&scheme);
    let pid = Pid::from_raw(inbox.child.id().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(inbox.child.wait().unwrap().code(), Some(0));
}

#[test]
fn mistakes_of_the_operator_are_sentences_with_exit_codes() {
    let scheme = Scheme::new(NEVER);
    let (code, said) = with_config("check", &scheme);
    assert_eq!(code, Some(0), "{said}");

    let inbox = Inbox::start(&scheme);
    let (code, said) = with_config("run", &scheme);
    assert_eq!(code, Some(1));
    assert!(
        said.starts_with("brolly-inbox: another inbox is running on "),
        "{said}"
    );

    let other = Scheme::new(NEVER);
    other.configure(&format!("127.0.0.1:{}", inbox.port), "");
    let (code, said) = with_config("run", &other);
    assert_eq!(code, Some(3));
    assert!(
        said.contains(&format!("port {} is in use", inbox.port)),
        "{said}"
    );

    other.configure("127.0.0.1:0", "connection = 5\n");
    for command in ["run", "check"] {
        let (code, said) = with_config(command, &other);
        assert_eq!(code, Some(3));
        assert!(
            said.contains("unknown key `connection`; did you mean `connections`?"),
            "{said}"
        );
    }

    other.configure("127.0.0.1:0", "");
    std::fs::write(other.path("passphrase"), "parasol").unwrap();
    let (code, said) = with_config("run", &other);
    assert_eq!(code, Some(5));
    assert!(said.contains("wrong passphrase"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_13_verify_and_rebuild_are_commands_of_a_stopped_inbox() {
    let scheme = Scheme::new(5);
    let inbox = Inbox::start(&scheme);
    let exit = Caller::new(inbox.port, Some(EXIT));
    let cells: Vec<SealedCell> = (0..9).map(cell).collect();
    assert_eq!(exit.deliver(&cells).await, Some(StatusCode::ACCEPTED));
    scheme.published(&exit, 9).await;
    let (code, said) = with_config("verify", &scheme);
    assert_eq!(code, Some(1));
    assert!(said.contains("another inbox is running on "), "{said}");
    inbox.kill();

    let config = scheme.path("inbox.toml");
    let json = |command| {
        let (code, said) = run(&[command, "--json", "--config", config.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{said}");
        said.lines().next().unwrap().to_owned()
    };
    let line = json("verify");
    assert!(
        line.contains("\"admitted\":9") && line.contains("\"faults\":[]"),
        "{line}"
    );
    let (code, said) = with_config("rebuild", &scheme);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("the ledger is not empty: move it away"),
        "{said}"
    );
    std::fs::rename(scheme.path("data/ledger"), scheme.path("old")).unwrap();
    let (code, said) = with_config("run", &scheme);
    assert_eq!(code, Some(1));
    assert!(said.contains("or run `brolly-inbox rebuild`"), "{said}");
    std::fs::remove_dir_all(scheme.path("data/ledger")).unwrap();
    assert_eq!(
        json("rebuild"),
        "{\"reports\":9,\"board\":1,\"waiting\":0,\"pruned\":0}"
    );
    let (code, said) = with_config("verify", &scheme);
    assert_eq!(code, Some(0));
    assert!(said.starts_with("reports: 9 entries, signed"), "{said}");
    std::fs::write(scheme.path("data/objects/reports/tile/0/000.p/9"), b"").unwrap();
    let (code, said) = with_config("verify", &scheme);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("fault: reports/tile/0/000.p/9 is missing"),
        "{said}"
    );
    assert!(said.contains("faults in what is stored: 1"), "{said}");
}

#[test]
fn it_explains_itself() {
    let (code, help) = run(&["--help"]);
    assert_eq!(code, Some(0));
    assert!(help.contains("brolly-inbox run --config /etc/brolly/inbox.toml"));
    let (code, page) = run(&["man"]);
    assert_eq!(code, Some(0));
    assert!(page.contains(".TH"));
    let (code, script) = run(&["completions", "bash"]);
    assert_eq!(code, Some(0));
    assert!(script.contains("--passphrase-file"));
    let mut none = program()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    none.stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(none.wait().unwrap().code(), Some(2));
    assert!(said.contains("Usage"));
}
