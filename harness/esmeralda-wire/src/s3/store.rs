//! The buckets of an endpoint.
//!
//! Not the XML around them: see `api`.

use super::{MAX_BUCKETS, MAX_OBJECTS};
use crate::account::md5_hex;
use crate::http::ApiError;
use bytes::Bytes;
use std::collections::BTreeMap;

/// An object.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its content.
    pub body: Bytes,
    /// Its content type.
    pub content_type: String,
    /// Its digest, in quotes.
    pub etag: String,
    /// When it was written.
    pub modified_ms: i64,
    /// Headers that its owner gave it.
    pub metadata: Vec<(String, String)>,
}

/// A bucket: its objects, by key.
#[derive(Debug, Default)]
pub struct Bucket {
    /// When it was created.
    pub created_ms: i64,
    /// Its objects.
    pub objects: BTreeMap<String, Object>,
}

impl Bucket {
    /// Writes an object, over one of the same key.
    ///
    /// # Errors
    /// The bucket is full.
    pub fn put(
        &mut self,
        key: &str,
        body: Bytes,
        content_type: &str,
        metadata: Vec<(String, String)>,
        now_ms: i64,
    ) -> Result<&Object, ApiError> {
        if self.objects.len() >= MAX_OBJECTS {
            return Err(ApiError::new(503, "SlowDown", format!("at most {MAX_OBJECTS} objects of a bucket")));
        }
        let etag = format!("\"{}\"", md5_hex(&body));
        let object =
            Object { body, content_type: content_type.to_owned(), etag, modified_ms: now_ms, metadata };
        self.objects.insert(key.to_owned(), object);
        Ok(&self.objects[key])
    }
}

/// Every bucket, by name.
#[derive(Debug, Default)]
pub struct Buckets(BTreeMap<String, Bucket>);

impl Buckets {
    /// Creates a bucket.
    ///
    /// # Errors
    /// The name is not one, or is taken, or there are too many.
    pub fn create(&mut self, name: &str, now_ms: i64) -> Result<(), ApiError> {
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
        if !(3..=63).contains(&name.len()) || !name.bytes().all(word) {
            return Err(ApiError::new(400, "InvalidBucketName", "The specified bucket is not valid."));
        }
        if self.0.len() >= MAX_BUCKETS {
            return Err(ApiError::new(400, "TooManyBuckets", format!("at most {MAX_BUCKETS} buckets")));
        }
        if self.0.contains_key(name) {
            let message =
                "Your previous request to create the named bucket succeeded and you already own it.";
            return Err(ApiError::new(409, "BucketAlreadyOwnedByYou", message));
        }
        self.0.insert(name.to_owned(), Bucket { created_ms: now_ms, objects: BTreeMap::new() });
        Ok(())
    }

    /// The bucket of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn get_mut(&mut self, name: &str) -> Result<&mut Bucket, ApiError> {
        let absent = || ApiError::new(404, "NoSuchBucket", "The specified bucket does not exist");
        self.0.get_mut(name).ok_or_else(absent)
    }

    /// Removes an empty bucket.
    ///
    /// # Errors
    /// There is none, or it holds objects.
    pub fn remove(&mut self, name: &str) -> Result<(), ApiError> {
        if !self.get_mut(name)?.objects.is_empty() {
            let message = "The bucket you tried to delete is not empty";
            return Err(ApiError::new(409, "BucketNotEmpty", message));
        }
        self.0.remove(name);
        Ok(())
    }

    /// All buckets, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Bucket)> {
        self.0.iter()
    }
}
