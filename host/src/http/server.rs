//! The listening side: accepts connections, bounds how many there are and how long a
//! client may dawdle, and stops without dropping what is in flight.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
};

use super::patient::Patient;

/// How long a client may take to send its headers, and an idle connection may stay.
const HEADER_TIME: Duration = Duration::from_secs(10);

/// How long a request's line and headers may be; 431 beyond it.
const MAXIMUM_HEADERS: usize = 8 * 1024;

/// What is kept of a connection's input, and of its answers before they are sent.
const BUFFER: usize = 32 * 1024;

/// How long requests in flight get to finish once the service stops.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// A service that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    places: Arc<Semaphore>,
}

/// Takes an address to listen on, for so many connections at a time.
pub async fn bind(address: SocketAddr, connections: usize) -> io::Result<Server> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok(Server { listener, address, places: Arc::new(Semaphore::new(connections)) })
}

impl Server {
    /// Where it listens; the port is the real one where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until `stop` is done, then finishes those in flight.
    pub async fn run(self, router: Router, stop: impl Future<Output = ()>) {
        let connections = GracefulShutdown::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = self.accept() => match accepted {
                    Ok((stream, place)) => serve(&connections, stream, place, router.clone()),
                    Err(error) => recover(&error).await,
                },
            }
        }
        drop(self.listener);
        if tokio::time::timeout(DRAIN_TIME, connections.shutdown()).await.is_err() {
            tracing::warn!("some requests did not finish in time and were dropped");
        }
    }

    /// The next connection, once there is a place for it. Whoever finds none waits in
    /// the system's queue, and costs no file until then.
    async fn accept(&self) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
        let closed = |_: AcquireError| io::Error::other("the places are closed"); // they never are
        let place = self.places.clone().acquire_owned().await.map_err(closed)?;
        let (stream, _) = self.listener.accept().await?;
        Ok((stream, place))
    }
}

fn serve(
    connections: &GracefulShutdown,
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    router: Router,
) {
    let _ = stream.set_nodelay(true); // a slower answer is still an answer
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_header_size(MAXIMUM_HEADERS)
        .max_buf_size(BUFFER)
        .pipeline_flush(false)
        .serve_connection(TokioIo::new(Patient::new(stream)), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection ended");
        }
        drop(place);
    });
}

/// Out of file descriptors or the like: wait for some to come back.
async fn recover(error: &io::Error) {
    tracing::warn!(%error, "cannot accept a connection");
    tokio::time::sleep(Duration::from_millis(100)).await;
}
