//! Ctrl-C, as a terminal sends it: to the demonstration and whatever shares its process group.

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use brolly_tests::binaries::Binaries;
use rustix::process::{Pid, Signal, kill_process_group};

/// A running demonstration, and what it says.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts one whose temporary files are in `folder`.
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_demo"))
            .args(arguments)
            .env("TMPDIR", folder)
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What it says up to a line that holds `words`.
    fn until(&mut self, words: &str) -> Vec<String> {
        let mut said = Vec::new();
        for line in &mut self.lines {
            said.push(line.unwrap());
            if said.last().is_some_and(|line| line.contains(words)) {
                return said;
            }
        }
        panic!("it ended without saying {words:?}: {said:?}");
    }

    /// Presses Ctrl-C; gives the exit code, what was said since on standard output, and on standard error.
    fn interrupt(self) -> (Option<i32>, Vec<String>, String) {
        let group = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process_group(group, Signal::INT).unwrap();
        let said = self.lines.map(Result::unwrap).collect();
        let output = self.child.wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), said, error)
    }
}

/// The command lines of all processes that name `folder`.
fn processes(folder: &Path) -> Vec<String> {
    let name = folder.to_str().unwrap();
    let numbered = fs::read_dir("/proc").unwrap().flatten();
    numbered
        // One that ends meanwhile has no command line any more.
        .filter_map(|process| fs::read(process.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(name))
        .collect()
}

#[test]
fn a_served_scheme_can_be_joined_and_ctrl_c_ends_everything_that_was_started() {
    let binaries = Binaries::build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let mut demo = Running::start(
        folder.path(),
        &["--serve", "--keep", kept.to_str().unwrap()],
    );
    let said = demo.until("Ctrl-C stops it.");
    assert_eq!(processes(folder.path()).len(), 5, "the demo and 4 daemons");

    let link = said.iter().find(|line| line.contains("/#")).unwrap();
    let home = folder.path().join("worker");
    let joined = Command::new(binaries.path("brolly"))
        .args(["--home", home.to_str().unwrap(), "join", link])
        .output()
        .unwrap();
    assert!(joined.status.success(), "{joined:?}");

    let (code, said, error) = demo.interrupt();
    assert_eq!(
        (code, said),
        (Some(0), vec!["stopped".to_owned()]),
        "{error}"
    );
    assert_eq!(processes(folder.path()), Vec::<String>::new());
    assert!(kept.join("main/scheme/directory.note").is_file());

    let again = Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["--keep", kept.to_str().unwrap()])
        .output()
        .unwrap();
    let refused = String::from_utf8(again.stderr).unwrap();
    assert!(!again.status.success() && refused.contains("is not empty"));
}

#[test]
fn ctrl_c_in_the_middle_of_a_run_leaves_no_process_and_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Running::start(folder.path(), &[]);
    demo.until("report (a) accepted");
    assert!(
        processes(folder.path()).len() >= 4,
        "4 daemons, and readers"
    );
    let (code, _, error) = demo.interrupt();
    assert_eq!(code, Some(130), "{error}");
    assert!(
        error.contains("everything it started is stopped"),
        "{error}"
    );
    assert_eq!(processes(folder.path()), Vec::<String>::new());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
