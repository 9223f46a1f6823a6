//! A connection of the bare server: head by httparse, body to the log, 60 octets back.
//!
//! First and last stage. Invariants: one request is outstanding; head and body lie in one buffer, which is read into
//! as much as has come at a time; a GET is answered with the counters and ends the connection.

use crate::bare::log::Log;
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use glommio::net::TcpStream;
use std::io;
use std::rc::Rc;

/// Octets of a connection's buffer: a head and a message of 30 KB at once.
pub(super) const BUFFER_OCTETS: usize = 64 << 10;

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
    pub(super) octets: usize,
    pub(super) body_octets: usize,
    pub(super) is_post: bool,
    /// The subscriber that a gateway names, without the mark of the country.
    pub(super) number: Option<u64>,
}

/// Serves a connection to its end; a broken one simply ends.
pub(super) async fn serve(mut stream: TcpStream, log: Option<Rc<Log>>, has_conf: bool) {
    // The driver says what went wrong: it misses its answer.
    let _ = exchange(&mut stream, log.as_deref(), has_conf).await;
}

async fn exchange(stream: &mut TcpStream, log: Option<&Log>, has_conf: bool) -> io::Result<()> {
    let ticket = Rc::default();
    let mut buffer = vec![0; BUFFER_OCTETS];
    let mut filled = 0;
    loop {
        let head = loop {
            if let Some(head) = head(buffer.get(..filled).unwrap_or_default())? {
                break head;
            }
            filled += receive(stream, buffer.get_mut(filled..)).await?;
        };
        let end = head.octets + head.body_octets;
        while filled < end {
            filled += receive(stream, buffer.get_mut(filled..)).await?;
        }
        if !head.is_post {
            let counts = log.map(Log::counts).unwrap_or_default();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{counts}",
                counts.len()
            );
            return stream.write_all(answer.as_bytes()).await;
        }
        let body = buffer.get(head.octets..end).unwrap_or_default();
        if let Some(log) = log {
            log.append(body, &ticket).await;
        }
        match has_conf {
            true => stream.write_all(&conf(body)).await?,
            false => stream.write_all(ANSWER).await?,
        }
        // One request is outstanding, so nothing of a next one is here.
        filled = 0;
    }
}

pub(super) async fn receive(stream: &mut TcpStream, room: Option<&mut [u8]>) -> io::Result<usize> {
    match stream.read(room.unwrap_or_default()).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        octets => Ok(octets),
    }
}

pub(super) fn head(octets: &[u8]) -> io::Result<Option<Head>> {
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
