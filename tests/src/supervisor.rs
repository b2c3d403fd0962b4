//! Plays systemd for a daemon: starts it, keeps the descriptors it stores, hands them back after a crash.
//!
//! The protocol is `sd_notify(3)` and `sd_listen_fds(3)`: `READY=1` and `FDSTORE=1` come in on a datagram socket,
//! stored descriptors go out from number 3 on.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::{Pid, Signal, kill_process};

/// A daemon under supervision. Dropping it stops the daemon.
pub struct Supervised {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    log: PathBuf,
    socket: PathBuf,
    stored: Arc<Mutex<Vec<(String, OwnedFd)>>>,
    ready: Receiver<()>,
    stop: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
    child: Option<Child>,
}

impl Supervised {
    /// Prepares a daemon; what it says on stderr goes to `log`, its socket lies beside that.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub fn new(
        name: &str,
        program: &Path,
        arguments: &[String],
        log: &Path,
        sockets: &Path,
    ) -> io::Result<Self> {
        let socket = sockets.join(format!("{name}.notify"));
        let datagrams = UnixDatagram::bind(&socket)?;
        datagrams.set_read_timeout(Some(Duration::from_millis(100)))?;
        let stored = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (tell, ready) = channel();
        let listener = {
            let (stored, stop) = (stored.clone(), stop.clone());
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    if let Ok((message, fds)) = receive(&datagrams) {
                        obey(&message, fds, &stored, &tell);
                    }
                }
            })
        };
        Ok(Self {
            name: name.to_string(),
            program: program.to_path_buf(),
            arguments: arguments.to_vec(),
            log: log.to_path_buf(),
            socket,
            stored,
            ready,
            stop,
            listener: Some(listener),
            child: None,
        })
    }

    /// Starts the daemon, or starts it again with everything it had stored, and waits until it says it is ready.
    ///
    /// # Errors
    /// It does not start, ends at once, or is not ready within 30 seconds; the message holds the end of its log.
    pub fn start(&mut self) -> io::Result<()> {
        while self.ready.try_recv().is_ok() {}
        let stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        // A shell, because a process must know its own number for LISTEN_PID, and `exec` keeps it.
        let mut script = String::new();
        for (number, (_, fd)) in (3..).zip(stored.iter()) {
            let from = fd.as_raw_fd();
            script += &format!("exec {number}<>/proc/{}/fd/{from}; ", std::process::id());
        }
        script += "export LISTEN_PID=$$; exec \"$0\" \"$@\"";
        let names: Vec<&str> = stored.iter().map(|(name, _)| name.as_str()).collect();
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)?;
        let mut command = Command::new("sh");
        command
            .args(["-c", &script])
            .arg(&self.program)
            .args(&self.arguments)
            // Ctrl-C is for whoever supervises, and stops the daemons in good order.
            .process_group(0)
            .env("NOTIFY_SOCKET", &self.socket)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::from(log));
        if !stored.is_empty() {
            command
                .env("LISTEN_FDS", stored.len().to_string())
                .env("LISTEN_FDNAMES", names.join(":"));
        }
        self.child = Some(command.spawn()?);
        drop(stored);
        self.await_ready()
    }

    /// Kills the daemon with SIGKILL: what it had stored here stays.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Gone already is as good as killed.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks the daemon to stop with SIGTERM and gives its exit code; SIGKILL after 20 seconds.
    pub fn terminate(&mut self) -> Option<i32> {
        let mut child = self.child.take()?;
        if let Some(pid) = pid_of(&child) {
            // An error means that it ended by itself.
            let _ = kill_process(pid, Signal::TERM);
        }
        for _ in 0..400 {
            if let Ok(Some(status)) = child.try_wait() {
                return status.code();
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        let _ = child.kill();
        let _ = child.wait();
        None
    }

    /// The daemon's process number while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Whether the daemon has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))))
    }

    /// Forgets every stored descriptor: what a power cut does to memory.
    pub fn lose_memory(&mut self) {
        self.stored
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// The descriptors stored here, each reopened for reading.
    pub fn memory(&self) -> Vec<File> {
        self.stored
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .filter_map(|(_, fd)| File::open(format!("/proc/self/fd/{}", fd.as_raw_fd())).ok())
            .collect()
    }

    fn await_ready(&mut self) -> io::Result<()> {
        for _ in 0..300 {
            if self.ready.recv_timeout(Duration::from_millis(100)).is_ok() {
                return Ok(());
            }
            if self.has_ended() {
                break;
            }
        }
        self.kill();
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let end: Vec<&str> = log.lines().rev().take(4).collect();
        Err(io::Error::other(format!(
            "{} did not become ready; its log ends: {}",
            self.name,
            end.into_iter().rev().collect::<Vec<_>>().join(" | ")
        )))
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.kill();
        self.stop.store(true, Ordering::Relaxed);
        if let Some(listener) = self.listener.take() {
            // A panic there has been printed; there is nothing more to stop.
            let _ = listener.join();
        }
    }
}

fn pid_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

fn receive(socket: &UnixDatagram) -> io::Result<(String, Vec<OwnedFd>)> {
    let mut bytes = [0; 4096];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(8))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let got = recvmsg(
        socket,
        &mut [IoSliceMut::new(&mut bytes)],
        &mut ancillary,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let fds = ancillary
        .drain()
        .flat_map(|message| match message {
            RecvAncillaryMessage::ScmRights(fds) => fds.collect(),
            RecvAncillaryMessage::ScmCredentials(_) | _ => Vec::new(),
        })
        .collect();
    let text = bytes.get(..got.bytes).unwrap_or_default();
    Ok((String::from_utf8_lossy(text).into_owned(), fds))
}

fn obey(
    message: &str,
    fds: Vec<OwnedFd>,
    stored: &Mutex<Vec<(String, OwnedFd)>>,
    tell: &Sender<()>,
) {
    let value = |key: &str| {
        message
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
    };
    if value("FDSTORE") == Some("1") {
        let name = value("FDNAME").unwrap_or("stored").to_string();
        let mut stored = stored.lock().unwrap_or_else(PoisonError::into_inner);
        stored.extend(fds.into_iter().map(|fd| (name.clone(), fd)));
    }
    if value("FDSTOREREMOVE") == Some("1") {
        let name = value("FDNAME").unwrap_or("stored");
        let mut stored = stored.lock().unwrap_or_else(PoisonError::into_inner);
        stored.retain(|(held, _)| held != name);
    }
    if value("READY") == Some("1") {
        // Nobody waits any more when the supervisor is being dropped.
        let _ = tell.send(());
    }
}
