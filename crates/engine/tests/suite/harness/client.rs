//! A blocking client: writes what it is told, reads one answer by its Content-Length, or everything until the end.
//!
//! Part of the harness. Its parsing is a few lines of its own, since the crate that the server uses must not judge
//! itself.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// How long a read may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    ahead: Vec<u8>,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The value of a field, by its name in lower case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Client {
        Client::on(TcpStream::connect(address).unwrap())
    }

    pub(crate) fn on(stream: TcpStream) -> Client {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client {
            stream,
            ahead: Vec::new(),
        }
    }

    pub(crate) fn write(&mut self, octets: impl AsRef<[u8]>) {
        self.stream.write_all(octets.as_ref()).unwrap();
    }

    /// A GET with a number header.
    pub(crate) fn get(&mut self, path: &str, number: &str) -> Reply {
        self.write(get(path, number));
        self.reply()
    }

    /// A POST of a body with a number header.
    pub(crate) fn post(&mut self, path: &str, number: &str, body: &[u8]) -> Reply {
        self.write(post(path, number, body));
        self.reply()
    }

    /// The next answer.
    pub(crate) fn reply(&mut self) -> Reply {
        let end = loop {
            if let Some(at) = self.ahead.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more();
        };
        let head = String::from_utf8(self.ahead.drain(..end).collect()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply {
            status,
            head,
            body: Vec::new(),
        };
        if status == 100 {
            return reply;
        }
        let length: usize = reply.field("content-length").unwrap().parse().unwrap();
        while self.ahead.len() < length {
            self.read_more();
        }
        reply.body = self.ahead.drain(..length).collect();
        reply
    }

    fn read_more(&mut self) {
        let mut room = [0; 65_536];
        let octets = self.stream.read(&mut room).unwrap();
        assert!(octets > 0, "the server closed; before it came {:?}", self.ahead);
        self.ahead.extend_from_slice(&room[..octets]);
    }

    /// Waits for the server's end of the connection; answers what came before it.
    pub(crate) fn until_closed(mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.ahead);
        // A reset after the last answer is an end, too.
        let _ = self.stream.read_to_end(&mut rest);
        rest
    }

    pub(crate) fn shut_sending(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }
}

pub(crate) fn get(path: &str, number: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: mmsc\r\nX-MSISDN: {number}\r\n\r\n")
}

pub(crate) fn post(path: &str, number: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: mmsc\r\nX-MSISDN: {number}\r\nContent-Type: \
         application/vnd.wap.mms-message\r\nContent-Length: {length}\r\n\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}
