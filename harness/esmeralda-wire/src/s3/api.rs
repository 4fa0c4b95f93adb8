//! The REST and XML of S3: one function for each operation.

use super::PAGE;
use super::store::{Bucket, Buckets, Object};
use crate::http::{Answer, ApiError, Request, decode, escape};
use crate::world::World;
use bytes::{Bytes, BytesMut};
use esm_model::wire::timestamp::format_millis;
use hyper::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::{Duration, UNIX_EPOCH};

/// What a key keeps as it is where a list is asked for in percent-encoding.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/').remove(b'~');

/// Answers a request.
///
/// # Errors
/// What the service refuses.
pub fn answer(world: &World, request: &Request) -> Result<Answer, ApiError> {
    let path = request.path.trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let (bucket, key) = (decode(bucket), decode(key));
    let mut buckets = world.buckets.borrow_mut();
    let now = world.clock.epoch_ms();
    match (&request.method, bucket.as_str(), key.as_str()) {
        (&Method::GET, "", "") => Ok(list_buckets(&buckets)),
        (_, "", _) => Err(ApiError::new(400, "InvalidRequest", "no bucket in the path")),
        (_, _, "") => on_bucket(&mut buckets, request, &bucket, now),
        (&Method::PUT, _, _) => {
            let content_type = request.header("content-type").unwrap_or("binary/octet-stream");
            let body = content(request)?;
            let metadata =
                request.headers.iter().filter(|(name, _)| name.as_str().starts_with("x-amz-meta-"));
            let metadata =
                metadata.map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()));
            let metadata = metadata.collect();
            let object = buckets.get_mut(&bucket)?.put(&key, body, content_type, metadata, now)?;
            Ok(Answer::empty(200).with("etag", object.etag.clone()))
        }
        (&Method::GET | &Method::HEAD, _, _) => {
            let objects = &buckets.get_mut(&bucket)?.objects;
            let absent = || ApiError::new(404, "NoSuchKey", "The specified key does not exist.");
            Ok(read(objects.get(&key).ok_or_else(absent)?))
        }
        (&Method::DELETE, _, _) => {
            buckets.get_mut(&bucket)?.objects.remove(&key);
            Ok(Answer::empty(204))
        }
        _ => Err(not_allowed()),
    }
}

/// An error as this service writes it.
pub fn write_error(error: &ApiError, request_id: &str) -> Answer {
    let body = format!(
        "<Error><Code>{}</Code><Message>{}</Message><RequestId>{request_id}</RequestId></Error>",
        escape(&error.kind),
        escape(&error.message)
    );
    Answer {
        headers: vec![("content-type".into(), "application/xml".into())],
        ..Answer::xml(error.status, &body)
    }
}

fn not_allowed() -> ApiError {
    ApiError::new(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
}

fn list_buckets(buckets: &Buckets) -> Answer {
    let bucket = |(name, bucket): (&String, &Bucket)| {
        let created = format_millis(bucket.created_ms);
        format!("<Bucket><Name>{name}</Name><CreationDate>{created}</CreationDate></Bucket>")
    };
    let all: String = buckets.iter().map(bucket).collect();
    Answer::xml(200, &format!("<ListAllMyBucketsResult><Buckets>{all}</Buckets></ListAllMyBucketsResult>"))
}

fn on_bucket(buckets: &mut Buckets, request: &Request, name: &str, now: i64) -> Result<Answer, ApiError> {
    match request.method {
        Method::PUT if request.query.is_empty() => {
            buckets.create(name, now)?;
            Ok(Answer::empty(200).with("location", format!("/{name}")))
        }
        Method::HEAD => buckets.get_mut(name).map(|_| Answer::empty(200)),
        Method::DELETE if request.query.is_empty() => {
            buckets.remove(name)?;
            Ok(Answer::empty(204))
        }
        Method::GET if request.query("location").is_some() => {
            buckets.get_mut(name)?;
            Ok(Answer::xml(200, "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>"))
        }
        Method::GET if known_list(request) => Ok(list(buckets.get_mut(name)?, name, request)),
        Method::POST if request.query("delete").is_some() => delete_many(buckets.get_mut(name)?, request),
        Method::GET | Method::PUT | Method::POST | Method::DELETE => {
            let message = "A header or query you provided implies functionality that is not implemented";
            Err(ApiError::new(501, "NotImplemented", message))
        }
        _ => Err(not_allowed()),
    }
}

fn known_list(request: &Request) -> bool {
    const KNOWN: [&str; 11] = [
        "list-type",
        "prefix",
        "delimiter",
        "max-keys",
        "marker",
        "start-after",
        "continuation-token",
        "encoding-type",
        "fetch-owner",
        "x-id",
        "key-marker",
    ];
    request.query.iter().all(|(name, _)| KNOWN.contains(&name.as_str()))
}

/// Both versions of ListObjects.
fn list(bucket: &Bucket, name: &str, request: &Request) -> Answer {
    let second = request.query("list-type") == Some("2");
    let prefix = request.query("prefix").unwrap_or_default();
    let limit = request.query("max-keys").and_then(|text| text.parse().ok()).unwrap_or(PAGE).min(PAGE);
    let encoded = request.query("encoding-type") == Some("url");
    let written = |text: &str| match encoded {
        true => utf8_percent_encode(text, KEY).to_string(),
        false => escape(text),
    };
    let page = page(bucket, request, prefix, limit);
    let content = |(key, object): &(&str, &Object)| {
        format!(
            "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>{}</ETag><Size>{}</Size>\
             <StorageClass>STANDARD</StorageClass></Contents>",
            written(key),
            format_millis(object.modified_ms),
            escape(&object.etag),
            object.body.len()
        )
    };
    let common =
        |folder: &&str| format!("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", written(folder));
    let mut head =
        format!("<Name>{name}</Name><Prefix>{}</Prefix><MaxKeys>{limit}</MaxKeys>", written(prefix));
    if encoded {
        head += "<EncodingType>url</EncodingType>";
    }
    if second {
        head += &format!("<KeyCount>{}</KeyCount>", page.objects.len() + page.folders.len());
    }
    match page.more {
        Some(last) if second => {
            head += &format!("<NextContinuationToken>{}</NextContinuationToken>", escape(last));
        }
        Some(last) => head += &format!("<NextMarker>{}</NextMarker>", written(last)),
        None => {}
    }
    Answer::xml(
        200,
        &format!(
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{head}\
             <IsTruncated>{}</IsTruncated>{}{}</ListBucketResult>",
            page.more.is_some(),
            page.objects.iter().map(content).collect::<String>(),
            page.folders.iter().map(common).collect::<String>()
        ),
    )
}

/// What one page of a list shows.
struct Page<'b> {
    objects: Vec<(&'b str, &'b Object)>,
    /// What keys have in common up to the delimiter.
    folders: Vec<&'b str>,
    /// The last key seen, if there are more.
    more: Option<&'b str>,
}

fn page<'b>(bucket: &'b Bucket, request: &Request, prefix: &str, limit: usize) -> Page<'b> {
    let delimiter = request.query("delimiter").filter(|text| !text.is_empty());
    let after = ["continuation-token", "start-after", "marker"].iter().find_map(|name| request.query(name));
    let mut page = Page { objects: Vec::new(), folders: Vec::new(), more: None };
    let mut last = None;
    for (key, object) in &bucket.objects {
        if !key.starts_with(prefix) || after.is_some_and(|after| key.as_str() <= after) {
            continue;
        }
        let folder = delimiter.and_then(|delimiter| {
            let at = key[prefix.len()..].find(delimiter)?;
            Some(&key[..prefix.len() + at + delimiter.len()])
        });
        let shown = |folder: &str| {
            page.folders.last() == Some(&folder) || after.is_some_and(|a| a.starts_with(folder))
        };
        if folder.is_none_or(|folder| !shown(folder)) {
            if page.objects.len() + page.folders.len() == limit {
                page.more = last;
                break;
            }
            match folder {
                Some(folder) => page.folders.push(folder),
                None => page.objects.push((key, object)),
            }
        }
        last = Some(key.as_str());
    }
    page
}

fn read(object: &Object) -> Answer {
    let modified = UNIX_EPOCH + Duration::from_millis(object.modified_ms.max(0) as u64);
    let mut answer = Answer::new(200, &object.content_type, object.body.clone())
        .with("etag", object.etag.clone())
        .with("last-modified", httpdate::fmt_http_date(modified));
    answer.headers.extend(object.metadata.clone());
    answer
}

fn delete_many(bucket: &mut Bucket, request: &Request) -> Result<Answer, ApiError> {
    let bad = |_| ApiError::new(400, "MalformedXML", "The XML you provided was not well-formed");
    let body = content(request)?;
    let text = std::str::from_utf8(&body)
        .map_err(|_| ApiError::new(400, "MalformedXML", "The XML you provided is not UTF-8"))?;
    let document = roxmltree::Document::parse(text).map_err(bad)?;
    let mut deleted = String::new();
    for node in document.descendants().filter(|node| node.tag_name().name() == "Key") {
        let key = node.text().unwrap_or_default();
        bucket.objects.remove(key);
        deleted += &format!("<Deleted><Key>{}</Key></Deleted>", escape(key));
    }
    Ok(Answer::xml(200, &format!("<DeleteResult>{deleted}</DeleteResult>")))
}

/// The body, out of the chunks in which some clients wrap it to sign it as it goes.
///
/// # Errors
/// The chunks do not end as announced.
pub fn content(request: &Request) -> Result<Bytes, ApiError> {
    let wrapped = request.header("content-encoding").is_some_and(|text| text.contains("aws-chunked"))
        || request.header("x-amz-content-sha256").is_some_and(|text| text.starts_with("STREAMING-"));
    if !wrapped {
        return Ok(request.body.clone());
    }
    let bad = || ApiError::new(400, "IncompleteBody", "The chunks of the body do not end as announced");
    let mut rest = &request.body[..];
    let mut content = BytesMut::new();
    loop {
        let line = rest.windows(2).position(|pair| pair == b"\r\n").ok_or_else(bad)?;
        let head = std::str::from_utf8(&rest[..line]).map_err(|_| bad())?;
        let size = head.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| bad())?;
        if size == 0 {
            return Ok(content.freeze());
        }
        let chunk = rest.get(line + 2..).and_then(|rest| rest.get(..size)).ok_or_else(bad)?;
        content.extend_from_slice(chunk);
        rest = rest.get(line + 2 + size + 2..).ok_or_else(bad)?;
    }
}
