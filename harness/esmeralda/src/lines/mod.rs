//! Implementations in any language: a child process that speaks JSON lines, protocol version 1.
//!
//! `PROTOCOL.md` of this crate tells it for authors of adapters. Read `message.rs` first, then `session.rs` (the
//! harness's side) and `server.rs` (the child's side, for in-tree targets).

mod beside;
mod channel;
mod check;
mod message;
mod needs;
mod outside;
mod pool;
mod process;
mod served;
mod server;
mod session;
mod stimulus;
mod talk;
mod target;
mod wall;

pub use channel::{MAX_HEARD, MAX_LINE};
pub use check::{Checker, NoChecker, SCHEMA, Side};
pub use message::{FromChild, PROTOCOL, ToChild};
pub use needs::CAPABILITIES;
pub use pool::{MAX_BROKEN_IN_A_ROW, REPLY_TIMEOUT};
pub use process::{STDERR_KEPT, end_group, in_a_group, keep, kill_all};
pub use server::serve;
pub use session::LinesSession;
pub use target::{CommandTarget, NotACommand};
