//! SQS: queues in memory, and the service's JSON.
//!
//! Standard queues: a FIFO queue is one by its name only, and there is no redrive.

mod api;
mod store;

pub use api::{answer, write_error};
pub use store::{Message, Queue, Queues};

/// The prefix of the target header.
pub const TARGET: &str = "AmazonSQS";
/// Most queues of an endpoint.
const MAX_QUEUES: usize = 10_000;
/// Most messages of a queue, as the service has for messages in flight.
const MAX_MESSAGES: usize = 120_000;
/// Most bytes of a message.
const MESSAGE_BYTES: usize = 1024 * 1024;
/// Most messages of one ReceiveMessage.
const RECEIVED: usize = 10;
/// Longest wait of one ReceiveMessage.
const MAX_WAIT_S: i64 = 20;
