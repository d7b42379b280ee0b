//! The listening side: accepts connections, bounds how long a client may dawdle,
//! and stops without dropping what is in flight.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};

/// How long a client may take to send its headers, and an idle connection may stay.
const HEADER_TIME: Duration = Duration::from_secs(10);

/// How long requests in flight get to finish once the service stops.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// A service that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

/// Takes an address to listen on.
pub async fn bind(address: SocketAddr) -> io::Result<Server> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok(Server { listener, address })
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
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => serve(&connections, stream, router.clone()),
                    Err(error) => recover(&error).await,
                },
            }
        }
        drop(self.listener);
        if tokio::time::timeout(DRAIN_TIME, connections.shutdown()).await.is_err() {
            tracing::warn!("some requests did not finish in time and were dropped");
        }
    }
}

fn serve(connections: &GracefulShutdown, stream: TcpStream, router: Router) {
    let _ = stream.set_nodelay(true); // a slower answer is still an answer
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(32 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection ended");
        }
    });
}

/// Out of file descriptors or the like: wait for some to come back.
async fn recover(error: &io::Error) {
    tracing::warn!(%error, "cannot accept a connection");
    tokio::time::sleep(Duration::from_millis(100)).await;
}
