//! Ports that stay ours from the moment they are written into a configuration to the end of the test.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::OwnedFd;

use rustix::net::sockopt::set_socket_reuseaddr;
use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket};

/// A port of 127.0.0.1 that the system gives to nobody by itself, while a program that names it can listen there.
///
/// The socket is bound and never listens: Linux lets a listener with `SO_REUSEADDR` beside it, and passes over its
/// port when somebody asks for any port or connects to somewhere.
#[derive(Debug)]
pub struct Reserved {
    address: SocketAddr,
    _held: OwnedFd,
}

impl Reserved {
    /// Takes a free port.
    ///
    /// # Errors
    /// What the system says.
    pub fn new() -> io::Result<Self> {
        let held = socket(AddressFamily::INET, SocketType::STREAM, None)?;
        set_socket_reuseaddr(&held, true)?;
        bind(&held, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
        let address = getsockname(&held)?
            .try_into()
            .map_err(|_| io::Error::other("a loopback socket has no address"))?;
        Ok(Self {
            address,
            _held: held,
        })
    }

    /// The address to listen on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_reserved_port_is_given_to_nobody_else_and_can_be_listened_on() {
        let reserved: Vec<Reserved> = (0..100).map(|_| Reserved::new().unwrap()).collect();
        let ports: BTreeSet<SocketAddr> = reserved.iter().map(Reserved::address).collect();
        assert_eq!(ports.len(), 100);
        let others: Vec<TcpListener> = (0..2_000)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        for other in &others {
            assert!(!ports.contains(&other.local_addr().unwrap()));
        }
        for port in &ports {
            drop(TcpListener::bind(port).unwrap());
            TcpListener::bind(port).unwrap();
        }
    }
}
