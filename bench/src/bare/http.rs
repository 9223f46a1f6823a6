//! A connection of the bare server: head by httparse, body to the log, 60 octets back.
//!
//! First and last stage. Invariants: one request is outstanding; head and body lie in one buffer, which is read into
//! as much as has come at a time, and grows once to a request that it does not hold; a GET is answered with the
//! counters and ends the connection.

use crate::bare::GROUP_OCTETS;
use crate::bare::log::Log;
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use glommio::net::TcpStream;
use std::io;
use std::rc::Rc;

/// Octets of a connection's buffer at first: a head and a message of 30 KB at once.
pub(super) const BUFFER_OCTETS: usize = 64 << 10;

/// Octets of a request at most. Reason: what fits no group never comes to the log.
const REQUEST_OCTETS_MAX: usize = GROUP_OCTETS as usize;

/// The answer: as long as an M-Send.conf with its head.
const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 60\r\n\r\n\
    ............................................................";

/// Ok with a Message-ID, as long as [`ANSWER`] where the transaction has twelve octets.
fn conf(request: &[u8]) -> Vec<u8> {
    // X-Mms-Message-Type and X-Mms-Transaction-Id's name are three octets.
    let transaction = request.get(3..).unwrap_or_default();
    let transaction = transaction.split(|&octet| octet == 0).next().unwrap_or_default();
    let pdu = [
        b"\x8c\x81\x98".as_slice(),
        transaction,
        b"\0\x8d\x92\x92\x80\x8b0123456789abcdef@ringpost.example\0",
    ]
    .concat();
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.wap.mms-message\r\nContent-Length: {}\r\n\r\n",
        pdu.len()
    )
    .into_bytes();
    answer.extend_from_slice(&pdu);
    answer
}

/// A request's head.
pub(super) struct Head {
    octets: usize,
    body_octets: usize,
    pub(super) is_post: bool,
    /// The subscriber that a gateway names, without the mark of the country.
    pub(super) number: Option<u64>,
}

impl Head {
    /// The body of the request that it heads, in the buffer that both were read into.
    pub(super) fn body<'b>(&self, buffer: &'b [u8]) -> &'b [u8] {
        buffer
            .get(self.octets..self.octets + self.body_octets)
            .unwrap_or_default()
    }
}

/// Serves a connection to its end; a broken one simply ends.
pub(super) async fn serve(mut stream: TcpStream, log: Option<Rc<Log>>, has_conf: bool) {
    // The driver says what went wrong: it misses its answer.
    let _ = exchange(&mut stream, log.as_deref(), has_conf).await;
}

async fn exchange(stream: &mut TcpStream, log: Option<&Log>, has_conf: bool) -> io::Result<()> {
    let ticket = Rc::default();
    let mut buffer = vec![0; BUFFER_OCTETS];
    loop {
        let head = request(stream, &mut buffer).await?;
        if !head.is_post {
            let counts = log.map(Log::counts).unwrap_or_default();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{counts}",
                counts.len()
            );
            return stream.write_all(answer.as_bytes()).await;
        }
        let body = head.body(&buffer);
        if let Some(log) = log {
            log.append(body, &ticket).await;
        }
        match has_conf {
            true => stream.write_all(&conf(body)).await?,
            false => stream.write_all(ANSWER).await?,
        }
    }
}

/// Reads a request whole, to the front of a connection's buffer: one is outstanding, so nothing of a next one is here.
pub(super) async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Head> {
    let mut filled = 0;
    let head = loop {
        if let Some(head) = head(buffer.get(..filled).unwrap_or_default())? {
            break head;
        }
        filled += receive(stream, buffer.get_mut(filled..)).await?;
    };
    let end = head.octets.saturating_add(head.body_octets);
    if end > REQUEST_OCTETS_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    if end > buffer.len() {
        buffer.resize(end, 0);
    }
    while filled < end {
        filled += receive(stream, buffer.get_mut(filled..)).await?;
    }
    Ok(head)
}

async fn receive(stream: &mut TcpStream, room: Option<&mut [u8]>) -> io::Result<usize> {
    match stream.read(room.unwrap_or_default()).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        octets => Ok(octets),
    }
}

fn head(octets: &[u8]) -> io::Result<Option<Head>> {
    let mut fields = [httparse::EMPTY_HEADER; 16];
    let mut request = httparse::Request::new(&mut fields);
    let invalid = |_| io::Error::from(io::ErrorKind::InvalidData);
    let httparse::Status::Complete(head_octets) = request.parse(octets).map_err(invalid)? else {
        return Ok(None);
    };
    let value = |name: &str| {
        let mut fields = request.headers.iter();
        fields
            .find(|field| field.name.eq_ignore_ascii_case(name))
            .and_then(|field| std::str::from_utf8(field.value).ok())
    };
    Ok(Some(Head {
        octets: head_octets,
        body_octets: value("content-length")
            .and_then(|text| text.parse().ok())
            .unwrap_or_default(),
        is_post: request.method == Some("POST"),
        number: value("x-msisdn").and_then(|text| text.get(5..)?.parse().ok()),
    }))
}
