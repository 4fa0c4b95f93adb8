//! Runs targets that need no runtime: in virtual time nothing is ever awaited.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The result of a future that is ready at once.
///
/// # Panics
/// If the future waits for something: the target is not one of virtual time, which is a fault of ours.
pub fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a target of virtual time waited: it needs the paused runtime"),
    }
}
