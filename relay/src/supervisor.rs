//! The supervisor's protocol, which is systemd's: descriptors are stored with it and come back at the next start.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::PathBuf;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};

use crate::supervised::{Memory, MemoryError, NAME};

/// Whoever started this process and starts it again.
#[derive(Debug, Clone, Default)]
pub struct Supervisor {
    socket: Option<OsString>,
}

impl Supervisor {
    /// The supervisor that `NOTIFY_SOCKET` names, if there is one.
    pub fn from_env() -> Self {
        Self {
            socket: env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()),
        }
    }

    /// No supervisor: what the relay holds ends with it.
    pub fn none() -> Self {
        Self::default()
    }

    /// The memory that the supervisor handed back; if it did not, new memory for `capacity` packets, stored with it.
    /// The flag says whether a supervisor keeps it.
    ///
    /// Call it before the process becomes undumpable: after that it may not open its own descriptors again.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub fn memory(&self, capacity: u32) -> Result<(Memory, bool), MemoryError> {
        if let Some(descriptor) = handed_back() {
            let path = PathBuf::from(format!("/proc/self/fd/{descriptor}"));
            return Ok((Memory::recover(&path)?, true));
        }
        let memory = Memory::create(capacity)?;
        let stored = self.socket.is_some() && self.store(&memory).is_ok();
        Ok((memory, stored))
    }

    /// Tells that the relay is serving.
    pub fn ready(&self) {
        // Without a supervisor there is nobody to tell; one that went away will learn it when it comes back.
        let _ = self.send(b"READY=1\n", &mut SendAncillaryBuffer::default());
    }

    /// Tells that the relay is ending.
    pub fn stopping(&self) {
        let _ = self.send(b"STOPPING=1\n", &mut SendAncillaryBuffer::default());
    }

    fn store(&self, memory: &Memory) -> io::Result<()> {
        let descriptors = [memory.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&descriptors));
        let message = format!("FDSTORE=1\nFDNAME={NAME}\n");
        self.send(message.as_bytes(), &mut control)
    }

    fn send(
        &self,
        message: &[u8],
        control: &mut SendAncillaryBuffer<'_, '_, '_>,
    ) -> io::Result<()> {
        let Some(name) = &self.socket else {
            return Ok(());
        };
        let socket = UnixDatagram::unbound()?;
        socket.connect_addr(&address(name)?)?;
        rustix::net::sendmsg(
            &socket,
            &[IoSlice::new(message)],
            control,
            SendFlags::NOSIGNAL,
        )?;
        Ok(())
    }
}

/// A path, or after an `@` a name in the abstract namespace.
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(name),
    }
}

fn handed_back() -> Option<u32> {
    let [pid, count, names] =
        ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"].map(|name| env::var(name).ok());
    descriptor(&pid?, &count?, &names?, std::process::id())
}

/// The number of the descriptor called [`NAME`], if these were meant for the process `own`.
fn descriptor(pid: &str, count: &str, names: &str, own: u32) -> Option<u32> {
    if pid.parse() != Ok(own) {
        return None;
    }
    let count = count.parse::<u32>().ok()?;
    let (number, _) = (FIRST_DESCRIPTOR..)
        .zip(names.split(':'))
        .take_while(|(number, _)| number - FIRST_DESCRIPTOR < count)
        .find(|(_, name)| *name == NAME)?;
    Some(number)
}

const FIRST_DESCRIPTOR: u32 = 3;

#[cfg(test)]
mod tests {
    use std::io::IoSliceMut;
    use std::os::fd::{AsRawFd, OwnedFd};

    use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};

    use super::*;

    fn receive(socket: &UnixDatagram) -> (String, Vec<OwnedFd>) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut bytes = [0; 256];
        let flags = RecvFlags::empty();
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let got = rustix::net::recvmsg(socket, &mut parts, &mut control, flags).unwrap();
        let mut descriptors = Vec::new();
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                descriptors.extend(rights);
            }
        }
        let text = String::from_utf8(bytes[..got.bytes].to_vec()).unwrap();
        (text, descriptors)
    }

    fn supervisor(name: &str) -> (Supervisor, UnixDatagram) {
        let name = OsString::from(name);
        let socket = UnixDatagram::bind_addr(&address(&name).unwrap()).unwrap();
        (Supervisor { socket: Some(name) }, socket)
    }

    #[test]
    fn the_supervisor_gets_the_memory_and_its_name_and_both_see_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let abstract_name = format!("@brolly-relay-test-{}", std::process::id());
        for name in [path.to_str().unwrap(), &abstract_name] {
            let (supervisor, socket) = supervisor(name);
            let (memory, kept) = supervisor.memory(2).unwrap();
            assert!(kept);
            let (text, descriptors) = receive(&socket);
            assert_eq!(text, "FDSTORE=1\nFDNAME=brolly-keys\n");
            let path = format!("/proc/self/fd/{}", descriptors[0].as_raw_fd());
            let again = Memory::recover(path.as_ref()).unwrap();
            memory
                .put_key(brolly_keys::epoch::Epoch::new(1), &[3; 32])
                .unwrap();
            assert_eq!(again.keys().unwrap().len(), 1);
            supervisor.ready();
            assert_eq!(receive(&socket).0, "READY=1\n");
        }
    }

    #[test]
    fn without_a_supervisor_the_memory_is_its_own() {
        let (memory, kept) = Supervisor::none().memory(5).unwrap();
        assert!(!kept);
        assert_eq!(memory.capacity(), 5);
        Supervisor::none().ready();
    }

    #[test]
    fn descriptors_for_another_process_or_of_another_name_are_not_taken() {
        assert_eq!(descriptor("7", "1", "brolly-keys", 7), Some(3));
        assert_eq!(descriptor("7", "2", "other:brolly-keys", 7), Some(4));
        assert_eq!(descriptor("8", "1", "brolly-keys", 7), None);
        assert_eq!(descriptor("7", "1", "other", 7), None);
        assert_eq!(descriptor("7", "1", "other:brolly-keys", 7), None);
        assert_eq!(descriptor("7", "x", "brolly-keys", 7), None);
    }
}
