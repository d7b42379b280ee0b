//! A stream whose reader may be slow, but not gone: a write that makes no progress
//! for long ends the connection, so that nobody holds answers and a place for ever.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// How long a write may wait for its reader.
const WRITE_TIME: Duration = Duration::from_secs(10);

/// A stream that waits for its reader, but not for ever.
#[derive(Debug)]
pub(super) struct Patient<T> {
    stream: T,
    waiting: Option<Pin<Box<Sleep>>>, // while a write waits
}

impl<T> Patient<T> {
    pub(super) fn new(stream: T) -> Self {
        Self { stream, waiting: None }
    }

    /// Passes a write's result on, unless it has waited too long.
    fn judge<R>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let patience = self.waiting.get_or_insert_with(|| Box::pin(sleep(WRITE_TIME)));
        ready!(patience.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client reads no answer")))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Patient<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Patient<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        match flushed {
            // A socket has nothing to flush: this says nothing about its reader.
            Poll::Ready(_) => flushed,
            Poll::Pending => self.judge(cx, flushed),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.judge(cx, closed)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
        time::Instant,
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_is_gone_is_given_up_and_a_slow_one_is_not() {
        let (mut reader, stream) = duplex(16);
        let mut stream = Patient::new(stream);
        let written = tokio::spawn(async move {
            let answer = stream.write_all(&[b'a'; 64]).await;
            (answer, stream.write_all(&[b'b'; 64]).await)
        });
        for _ in 0..8 {
            sleep(WRITE_TIME.saturating_sub(Duration::from_secs(1))).await;
            reader.read_exact(&mut [0; 8]).await.unwrap();
        }
        let began = Instant::now();
        let (slow, gone) = written.await.unwrap();
        slow.unwrap();
        assert_eq!(gone.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() <= WRITE_TIME);
    }
}
