//! A SOCKS5 proxy on loopback that gives each worker an address of her own, so that a kept address can be found again.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::thread;

use crate::{dial, tap};

/// Starts a proxy whose connections leave from `source` (in 127.0.0.0/8) and gives its address.
///
/// It runs until the process ends.
///
/// # Errors
/// The proxy cannot listen.
pub fn start(source: IpAddr) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream, source));
        }
    });
    Ok(address)
}

/// RFC 1928: no authentication, CONNECT alone.
fn serve(mut client: TcpStream, source: IpAddr) -> io::Result<()> {
    let [_, methods] = read(&mut client)?;
    io::copy(&mut (&mut client).take(methods.into()), &mut io::sink())?;
    client.write_all(&[5, 0])?;
    let [_, _, _, kind] = read(&mut client)?;
    let host = match kind {
        1 => IpAddr::from(read::<4>(&mut client)?).to_string(),
        4 => IpAddr::from(read::<16>(&mut client)?).to_string(),
        _ => {
            let [length] = read(&mut client)?;
            let mut name = vec![0; usize::from(length)];
            client.read_exact(&mut name)?;
            String::from_utf8_lossy(&name).into_owned()
        }
    };
    let port = u16::from_be_bytes(read(&mut client)?);
    let to = (host.as_str(), port)
        .to_socket_addrs()?
        .next()
        .ok_or(io::ErrorKind::NotFound)?;
    let server = dial::from(source, to)?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    tap::join(client, server, |_, _| Ok(()))
}

fn read<const N: usize>(stream: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}
