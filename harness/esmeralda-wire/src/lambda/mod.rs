//! Lambda: functions that are HTTP endpoints, and the event source mappings between streams and them.
//!
//! No code runs here: a zip is taken and only its digest kept. Mappings take filters, tumbling windows and
//! parallelization factors as settings and do not act on them, because the reference machine does not.

mod api;
mod function_api;
mod functions;
mod invoke;
mod mapping_api;
mod mappings;
mod site;

pub use api::{answer, is_path, write_error};
pub use functions::{Function, Functions};
pub use invoke::{Invoked, invoke, invoke_api};
pub use mapping_api::{answer as answer_mapping, answer_tags};
pub use mappings::{Description, Entry, Mappings};
pub use site::Site;

/// The function's environment variable that holds its URL, as MiniStack calls it.
pub const URL_VARIABLE: &str = "MINISTACK_LAMBDA_PROXY_URL";
/// Most functions of an endpoint.
const MAX_FUNCTIONS: usize = 10_000;
/// Most mappings of an endpoint.
const MAX_MAPPINGS: usize = 10_000;
/// Most bytes of an event.
pub const EVENT_BYTES: usize = 6 * 1024 * 1024;
/// Longest time-out of a function, in seconds.
const MAX_TIMEOUT_S: i64 = 900;
/// The time-out of a function where none is given, in seconds.
const TIMEOUT_S: i64 = 3;
/// How long a mapping shows as Deleting.
const DELETING_MS: i64 = 300;
/// Most mappings or functions of one page of a list.
const PAGE: usize = 100;
