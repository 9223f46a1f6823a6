//! A listener that takes so many connections at once and no more.
//!
//! In front of the API. Invariants: a connection holds its place until it is dropped; who comes when there is none has
//! the longest idle one closed and takes its place, so that whatever others hold open, an operator gets in; it costs
//! descriptors up to the limit, and one for who is at the door.

use crate::places::{Known, Place, Places};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// See the module's comment.
pub(crate) struct Limited {
    listener: TcpListener,
    places: Arc<Places>,
}

impl Limited {
    pub(crate) fn new(listener: TcpListener, connections_max: usize) -> Limited {
        let places = Places::new(connections_max);
        Limited { listener, places }
    }
}

/// Where a request came from.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) address: SocketAddr,
    place: Known,
}

impl Connected<IncomingStream<'_, Limited>> for Caller {
    fn connect_info(stream: IncomingStream<'_, Limited>) -> Caller {
        Caller {
            address: *stream.remote_addr(),
            place: stream.io().place.known(),
        }
    }
}

/// Has a request answered; its connection keeps its place meanwhile.
pub(crate) async fn answer(
    ConnectInfo(caller): ConnectInfo<Caller>,
    request: Request,
    next: Next,
) -> Response {
    let _answering = caller.place.answering();
    next.run(request).await
}

impl Listener for Limited {
    type Io = Held;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Held, SocketAddr) {
        // axum's own way: it waits a second where descriptors have run out, and tries again.
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let place = self.places.enter().await;
        // A connection that ended meanwhile can't be set; it is dropped at its first read.
        let _ = stream.set_nodelay(true);
        (Held { stream, place }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection with its place: at its end, for who reads it, when it is to go.
pub(crate) struct Held {
    stream: TcpStream,
    place: Place,
}

impl Held {
    /// An error when it is to go, for who writes; else they are woken when it is.
    fn stays(&self, context: &Context<'_>) -> io::Result<()> {
        match self.place.poll_leave(context) {
            Poll::Pending => Ok(()),
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.place.poll_leave(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Held {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stays(context)?;
        Pin::new(&mut self.stream).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stays(context)?;
        Pin::new(&mut self.stream).poll_write_vectored(context, octets)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
