//! A wire tap in front of a party: everything that goes to it and comes from it, counted and kept in a file.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use crate::dial;

/// What went past.
#[derive(Debug)]
pub struct Traffic {
    /// Connections made to the party.
    pub connections: AtomicU64,
    /// Bytes to it.
    pub inward: AtomicU64,
    /// Bytes from it.
    pub outward: AtomicU64,
    record: File,
    party: Mutex<SocketAddr>,
    watched: Mutex<(Vec<IpAddr>, Vec<Passage>)>,
}

/// What one read of a tap got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    /// Who made the connection.
    pub client: IpAddr,
    /// The number of the connection, from 1.
    pub connection: u64,
    /// When.
    pub at: Instant,
    /// Which way it went.
    pub way: Way,
    /// How many bytes; 0 where that way is closed.
    pub bytes: usize,
}

/// Listens on `listener` and passes everything to `party`, writing a copy to `record`. Runs until the process ends.
///
/// # Errors
/// The record cannot be made.
pub fn start(listener: TcpListener, party: SocketAddr, record: &Path) -> io::Result<Arc<Traffic>> {
    let traffic = Arc::new(Traffic {
        connections: AtomicU64::new(0),
        inward: AtomicU64::new(0),
        outward: AtomicU64::new(0),
        record: File::create(record)?,
        party: Mutex::new(party),
        watched: Mutex::default(),
    });
    let seen = traffic.clone();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let number = seen.connections.fetch_add(1, Ordering::Relaxed) + 1;
            let (seen, party) = (seen.clone(), seen.party());
            let peer = client.peer_addr().map(|peer| peer.ip()).ok();
            // A broken connection is the business of its two ends.
            thread::spawn(move || {
                pass(client, party, move |way, bytes| {
                    seen.time(peer, number, way, bytes.len());
                    seen.record(way, bytes)
                })
            });
        }
    });
    Ok(traffic)
}

/// Which way bytes went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// To the party.
    Inward,
    /// From it.
    Outward,
}

/// Connects `client` to `party` until either hangs up, and shows `watch` everything that passes.
///
/// The party sees the client's address, as it would without a tap.
///
/// # Errors
/// The party cannot be reached, or `watch` fails.
pub fn pass(
    client: TcpStream,
    party: SocketAddr,
    watch: impl Fn(Way, &[u8]) -> io::Result<()> + Send + Clone + 'static,
) -> io::Result<()> {
    let server = dial::from(client.peer_addr()?.ip(), party)?;
    join(client, server, watch)
}

/// Joins two connections until either hangs up, and shows `watch` everything that passes.
///
/// # Errors
/// `watch` fails.
pub fn join(
    client: TcpStream,
    server: TcpStream,
    watch: impl Fn(Way, &[u8]) -> io::Result<()> + Send + Clone + 'static,
) -> io::Result<()> {
    let (up_from, up_to, up_watch) = (client.try_clone()?, server.try_clone()?, watch.clone());
    thread::spawn(move || copy(up_from, up_to, |bytes| up_watch(Way::Inward, bytes)));
    copy(server, client, |bytes| watch(Way::Outward, bytes))
}

impl Traffic {
    /// Sends every connection from now on to `party`, as a load balancer does when a server is gone.
    pub fn redirect(&self, party: SocketAddr) {
        *self.party.lock().unwrap_or_else(PoisonError::into_inner) = party;
    }

    /// From now on keeps the times of what goes to and from `clients`.
    pub fn watch(&self, clients: &[IpAddr]) {
        *self.watched.lock().unwrap_or_else(PoisonError::into_inner) =
            (clients.to_vec(), Vec::new());
    }

    /// What was watched since this was asked last.
    pub fn watched(&self) -> Vec<Passage> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut watched.1)
    }

    fn time(&self, client: Option<IpAddr>, connection: u64, way: Way, bytes: usize) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let (wanted, seen) = &mut *watched;
        if let Some(client) = client.filter(|client| wanted.contains(client)) {
            seen.push(Passage {
                client,
                connection,
                at: Instant::now(),
                way,
                bytes,
            });
        }
    }

    fn party(&self) -> SocketAddr {
        *self.party.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, way: Way, bytes: &[u8]) -> io::Result<()> {
        let count = match way {
            Way::Inward => &self.inward,
            Way::Outward => &self.outward,
        };
        count.fetch_add(u64::try_from(bytes.len()).unwrap_or(0), Ordering::Relaxed);
        (&self.record).write_all(bytes)
    }
}

fn copy(
    mut from: TcpStream,
    mut to: TcpStream,
    watch: impl Fn(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).unwrap_or(0);
        let bytes = buffer.get(..length).unwrap_or_default();
        watch(bytes)?;
        if length == 0 || to.write_all(bytes).is_err() {
            // The other side learns that this one is done; an error means that it knows.
            let _ = to.shutdown(Shutdown::Write);
            return Ok(());
        }
    }
}
