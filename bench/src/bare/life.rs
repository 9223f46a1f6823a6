//! Whole lives of the bare server: a message to the log and kept, a notification out, its retrieval, its response, a
//! report out.
//!
//! Beside `http`, whose heads it reads. Every transaction has the octets, the system calls and the records of the full
//! server's, and nothing of MMS: who is meant stands at a known place, what goes out is made of fillers. Invariants: no
//! answer and nothing out before its record is on disk; a body is copied once, to where it is sent from.

use super::http::{BUFFER_OCTETS, Head, request};
use super::log::{Log, Ticket};
use crate::lives::{NOTIFICATION, REPORT};
use futures_lite::io::{ReadHalf, WriteHalf};
use futures_lite::{AsyncReadExt, AsyncWriteExt, io::split};
use glommio::net::TcpStream;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Octets of a record beside the message: the log's octets a life are the full server's, which writes three such.
const NOTED_OCTETS: usize = 244;
/// Octets of a submission to the SMSC: a segment of an SMS and what stands before it.
const OUT_OCTETS: usize = 190;
/// A response is below it, a message above.
const RESPONSE_OCTETS_MAX: usize = 512;

const TAKEN: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 60\r\n\r\n\
    ............................................................";
const SETTLED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// What connections share: the log, bodies at hand, and the link.
pub(super) struct Centre {
    log: Rc<Log>,
    /// Answers to retrievals, head and all.
    kept: RefCell<BTreeMap<u64, Vec<u8>>>,
    out: RefCell<Vec<u8>>,
    out_waker: RefCell<Option<Waker>>,
    sequence: Cell<u32>,
}

impl Centre {
    /// Connects the link.
    pub(super) async fn connect(log: Rc<Log>, port: u16) -> io::Result<Rc<Centre>> {
        let link = TcpStream::connect(("127.0.0.1", port)).await?;
        link.set_nodelay(true)?;
        let (reader, writer) = split(link);
        let centre = Rc::new(Centre {
            log,
            kept: RefCell::default(),
            out: RefCell::default(),
            out_waker: RefCell::default(),
            sequence: Cell::new(1),
        });
        glommio::spawn_local(hear(reader)).detach();
        glommio::spawn_local(send(Rc::clone(&centre), writer)).detach();
        Ok(centre)
    }

    /// Puts a submission about a message out.
    fn push(&self, kind: u8, number: u64) {
        let mut out = self.out.borrow_mut();
        let end = out.len() + OUT_OCTETS;
        let sequence = self.sequence.replace(self.sequence.get().wrapping_add(1));
        for word in [OUT_OCTETS as u32, 4, 0, sequence] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        out.push(kind);
        out.extend_from_slice(&number.to_be_bytes());
        out.resize(end, b'.');
        if let Some(waker) = self.out_waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// Sends what there is, all at once.
async fn send(centre: Rc<Centre>, mut link: WriteHalf<TcpStream>) {
    loop {
        let batch = std::future::poll_fn(|context| {
            let batch = std::mem::take(&mut *centre.out.borrow_mut());
            if !batch.is_empty() {
                return Poll::Ready(batch);
            }
            *centre.out_waker.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        });
        let batch = batch.await;
        if link.write_all(&batch).await.is_err() {
            return;
        }
    }
}

/// Takes the answers, which say nothing.
async fn hear(mut link: ReadHalf<TcpStream>) {
    let mut room = vec![0; BUFFER_OCTETS];
    while let Ok(1..) = link.read(&mut room).await {}
}

/// Serves a connection to its end; a broken one simply ends.
pub(super) async fn serve(mut stream: TcpStream, centre: Rc<Centre>) {
    // The driver says what went wrong: it misses its answer.
    let _ = exchange(&mut stream, &centre).await;
}

async fn exchange(stream: &mut TcpStream, centre: &Centre) -> io::Result<()> {
    let ticket = Rc::default();
    let mut buffer = vec![0; BUFFER_OCTETS];
    loop {
        let found = request(stream, &mut buffer).await?;
        let body = found.body(&buffer);
        match found {
            Head {
                is_post: false,
                number: None,
                ..
            } => return tell(stream, &centre.log).await,
            Head {
                is_post: false,
                number: Some(number),
                ..
            } => {
                let kept = centre.kept.borrow_mut().remove(&number).unwrap_or_default();
                stream.write_all(&kept).await?;
            }
            _ if body.len() > RESPONSE_OCTETS_MAX => take(stream, centre, body, &ticket).await?,
            _ => {
                let number = found.number.unwrap_or_default();
                centre.log.append(&[b'.'; NOTED_OCTETS], &ticket).await;
                stream.write_all(SETTLED).await?;
                centre.push(REPORT, number);
            }
        }
    }
}

async fn tell(stream: &mut TcpStream, log: &Log) -> io::Result<()> {
    let counts = log.counts();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{counts}",
        counts.len()
    );
    stream.write_all(answer.as_bytes()).await
}

/// A message: to the log, kept, answered, and its notification out.
async fn take(stream: &mut TcpStream, centre: &Centre, body: &[u8], ticket: &Rc<Ticket>) -> io::Result<()> {
    let number = crate::lives::recipient(body).unwrap_or_default();
    centre.log.append(body, ticket).await;
    let mut kept = Vec::with_capacity(body.len() + 128);
    kept.extend_from_slice(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.wap.mms-message\r\nContent-Length: ",
    );
    kept.extend_from_slice(body.len().to_string().as_bytes());
    kept.extend_from_slice(b"\r\n\r\n");
    kept.extend_from_slice(body);
    centre.kept.borrow_mut().insert(number, kept);
    stream.write_all(TAKEN).await?;
    centre.log.append(&[b'.'; NOTED_OCTETS], ticket).await;
    centre.push(NOTIFICATION, number);
    Ok(())
}
