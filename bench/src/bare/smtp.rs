//! A connection of the bare server in SMTP: lines are answered, a text goes to the log as it is.
//!
//! Beside `http`, and as lean: no command is looked at but for its first letter, nothing of a mail is read but its end.
//! Invariants: one text is outstanding; it lies in one buffer from the first octet to the dot, and is appended from
//! there before 250 is said.

use crate::bare::log::Log;
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use glommio::net::TcpStream;
use std::io;
use std::rc::Rc;

/// Octets of a connection's buffer: a mail with 30 KB of media in base64.
const BUFFER_OCTETS: usize = 128 << 10;

/// Octets at a time: what has come is looked through for its end once.
const END: &[u8] = b"\r\n.\r\n";

/// Serves a connection to its end; a broken one simply ends.
pub(super) async fn serve(mut stream: TcpStream, log: Option<Rc<Log>>) {
    // The driver says what went wrong: it misses its answer.
    let _ = exchange(&mut stream, log.as_deref()).await;
}

async fn exchange(stream: &mut TcpStream, log: Option<&Log>) -> io::Result<()> {
    let ticket = Rc::default();
    let mut buffer = vec![0; BUFFER_OCTETS];
    let mut filled = 0;
    stream.write_all(b"220 bare\r\n").await?;
    loop {
        let mut replies = Vec::new();
        let mut text_from = None;
        let mut at = 0;
        while let Some(line) = line(buffer.get(at..filled).unwrap_or_default()) {
            at += line.len();
            match line.first() {
                Some(b'D') => {
                    replies.extend_from_slice(b"354 on\r\n");
                    text_from = Some(at);
                    break;
                }
                Some(b'E') => replies.extend_from_slice(b"250-bare\r\n250 PIPELINING\r\n"),
                _ => replies.extend_from_slice(b"250 ok\r\n"),
            }
        }
        buffer.copy_within(at..filled, 0);
        filled -= at;
        if !replies.is_empty() {
            stream.write_all(&replies).await?;
        }
        if text_from.is_some() {
            let mut looked: usize = 0;
            let end = loop {
                let from = looked.saturating_sub(END.len());
                let fresh = buffer.get(from..filled).unwrap_or_default();
                let found = fresh.windows(END.len()).position(|window| window == END);
                if let Some(found) = found {
                    break from + found + END.len();
                }
                looked = filled;
                filled += receive(stream, buffer.get_mut(filled..)).await?;
            };
            if let Some(log) = log {
                log.append(buffer.get(..end).unwrap_or_default(), &ticket).await;
            }
            stream.write_all(b"250 kept\r\n").await?;
            buffer.copy_within(end..filled, 0);
            filled -= end;
        } else {
            filled += receive(stream, buffer.get_mut(filled..)).await?;
        }
    }
}

/// A whole line at the front.
fn line(octets: &[u8]) -> Option<&[u8]> {
    let end = octets.iter().position(|octet| *octet == b'\n')?;
    octets.get(..=end)
}

async fn receive(stream: &mut TcpStream, room: Option<&mut [u8]>) -> io::Result<usize> {
    match stream.read(room.unwrap_or_default()).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        octets => Ok(octets),
    }
}
