//! S3: buckets in memory, by path-style requests.
//!
//! No versions, no parts, no permissions.

mod api;
mod store;

pub use api::{answer, content, write_error};
pub use store::{Bucket, Buckets, Object};

/// Most buckets of an endpoint.
const MAX_BUCKETS: usize = 10_000;
/// Most objects of a bucket.
const MAX_OBJECTS: usize = 1_000_000;
/// Most keys of one page of a list.
const PAGE: usize = 1_000;
