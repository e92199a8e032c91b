//! The server that is asked: it waits, and gives the request back. And the files that are read.
//!
//! It runs in the process that compares, so that what it costs is on nobody's account. When it is dropped its threads have ended and its
//! sockets and files are gone.

use super::work::{FILES, REQUEST, WAIT, content, file_name};
use crate::sync::Mutex;
use crate::sync::atomic::AtomicBool;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::thread::{self, JoinHandle};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The server, and the directory with the files.
#[derive(Debug)]
pub(super) struct Surroundings {
    server: Server,
    files: Files,
}

impl Surroundings {
    /// Writes the files into a new directory, and starts the server.
    ///
    /// # Errors
    /// The system does not let it.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { files: Files::new()?, server: Server::start()? })
    }

    /// Where the files lie.
    #[must_use]
    pub(super) fn files(&self) -> &Path {
        &self.files.0
    }

    /// Where the server is.
    #[must_use]
    pub(super) const fn address(&self) -> SocketAddr {
        self.server.address
    }
}

/// A directory, which is removed when this is dropped.
#[derive(Debug)]
struct Files(PathBuf);

impl Files {
    fn new() -> io::Result<Self> {
        let files = Self(new_directory()?);
        for item in 0..FILES {
            std::fs::write(files.0.join(file_name(item)), content(item))?;
        }
        Ok(files)
    }
}

/// A directory that nobody else has.
fn new_directory() -> io::Result<PathBuf> {
    (0..)
        .map(|number| std::env::temp_dir().join(format!("refectory-compare-{}-{number}", std::process::id())))
        .find_map(|path| match std::fs::create_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
            made => Some(made.map(|()| path)),
        })
        .expect("numbers do not end")
}

impl Drop for Files {
    fn drop(&mut self) {
        // Nobody is there to be told.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[derive(Debug)]
struct Server {
    address: SocketAddr,
    closed: Arc<AtomicBool>,
    accepts: Option<JoinHandle<()>>,
}

impl Server {
    fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let closed = Arc::new(AtomicBool::new(false));
        let accepts = {
            let closed = Arc::clone(&closed);
            thread::Builder::new().name("server".to_owned()).spawn(move || accept(&listener, &closed))?
        };
        Ok(Self { address, closed, accepts: Some(accepts) })
    }
}

impl Drop for Server {
    /// Waits for its threads.
    fn drop(&mut self) {
        // Ordering: Relaxed. The connection that follows comes after it.
        self.closed.store(true, Relaxed);
        // It waits for a connection: this one.
        if TcpStream::connect(self.address).is_ok()
            && let Some(accepts) = self.accepts.take()
        {
            // It does not panic.
            drop(accepts.join());
        }
    }
}

/// Serves each connection on a thread of its own, until the server is closed.
fn accept(listener: &TcpListener, closed: &AtomicBool) {
    let open: Mutex<Vec<TcpStream>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for connection in listener.incoming() {
            // Ordering: Relaxed, as above.
            if closed.load(Relaxed) {
                break;
            }
            let Ok(connection) = connection else { continue };
            let Ok(other_end) = connection.try_clone() else { continue };
            open.lock().unwrap().push(other_end);
            scope.spawn(|| serve(connection, &open));
        }
        for connection in &*open.lock().unwrap() {
            // Its peer may have closed it.
            let _ = connection.shutdown(Shutdown::Both);
        }
    });
}

/// Answers until the peer hangs up.
fn serve(mut connection: TcpStream, open: &Mutex<Vec<TcpStream>>) {
    let peer = connection.peer_addr().ok();
    let mut request = [0; REQUEST];
    // Small messages go at once.
    let _ = connection.set_nodelay(true);
    while connection.read_exact(&mut request).is_ok() {
        std::thread::sleep(WAIT);
        if connection.write_all(&request).is_err() {
            break;
        }
    }
    open.lock().unwrap().retain(|other| other.peer_addr().ok() != peer);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_comes_back() {
        let surroundings = Surroundings::new().unwrap();
        let mut connection = TcpStream::connect(surroundings.address()).unwrap();
        let request = [7; REQUEST];
        connection.write_all(&request).unwrap();
        let mut answer = [0; REQUEST];
        connection.read_exact(&mut answer).unwrap();
        assert_eq!(answer, request);
    }

    #[test]
    fn nothing_stays_behind() {
        let surroundings = Surroundings::new().unwrap();
        let (files, address) = (surroundings.files().to_owned(), surroundings.address());
        let mut connection = TcpStream::connect(address).unwrap();
        drop(surroundings);
        assert!(!files.exists());
        assert!(matches!(connection.read(&mut [0; 1]), Ok(0) | Err(_)), "the server hangs up");
        assert!(TcpStream::connect(address).is_err());
    }
}
