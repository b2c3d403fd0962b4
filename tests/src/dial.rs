//! Connecting from a chosen loopback address, so that who came can be told apart.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

/// Connects to `to` from `source`.
///
/// # Errors
/// The connection cannot be made.
pub fn from(source: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let outward = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&outward, &SocketAddr::new(source, 0))?;
    connect(&outward, &to)?;
    Ok(TcpStream::from(outward))
}
