//! The query protocol: a form goes in, XML comes out. SNS, STS and IAM speak it.

use crate::http::{Answer, ApiError, Request};
use crate::world::World;
use crate::{iam, sns, sts};

/// A form, in the order in which it came.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body of a request, and its query.
    pub fn read(request: &Request) -> Form {
        let body = form_urlencoded::parse(&request.body).into_owned();
        Form(request.query.iter().cloned().chain(body).collect())
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a field that must be there.
    ///
    /// # Errors
    /// It is not.
    pub fn need(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or_else(|| {
            let message = format!("1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null");
            ApiError::new(400, "ValidationError", message)
        })
    }

    /// The values, one text for each entry of a batch; `list` is what stands in front of an entry's number.
    pub fn groups(&self, list: &str) -> Vec<String> {
        let mut shared = String::new();
        let mut entries: Vec<(&str, String)> = Vec::new();
        for (name, value) in &self.0 {
            let entry = name.split_once(list).and_then(|(_, rest)| rest.split('.').next());
            let text = match entry {
                None => &mut shared,
                Some(number) => {
                    if entries.last().is_none_or(|(known, _)| *known != number) {
                        entries.push((number, String::new()));
                    }
                    let Some((_, text)) = entries.last_mut() else { continue };
                    text
                }
            };
            text.push_str(&format!("{name}={value} "));
        }
        if entries.is_empty() {
            return vec![shared];
        }
        entries.into_iter().map(|(_, text)| text).collect()
    }

    /// The pairs under `prefix.entry.N`, each of a key and a value.
    pub fn entries(&self, prefix: &str) -> Vec<(String, String)> {
        let key = |name: &str| {
            let number = name.strip_prefix(prefix)?.strip_prefix(".entry.")?.strip_suffix(".key")?;
            number.parse::<u32>().ok()
        };
        let pair = |(name, value): &(String, String)| {
            let number = key(name)?;
            let held = self.get(&format!("{prefix}.entry.{number}.value"))?;
            Some((value.clone(), held.to_owned()))
        };
        self.0.iter().filter_map(pair).collect()
    }
}

/// Answers a form.
pub fn answer(world: &World, request: &Request) -> Answer {
    let form = Form::read(request);
    let request_id = world.ids.uuid();
    let action = form.get("Action").unwrap_or_default();
    let version = form.get("Version").unwrap_or_default();
    let (namespace, result) = match version {
        "2010-03-31" => ("http://sns.amazonaws.com/doc/2010-03-31/", sns::answer(world, action, &form)),
        "2011-06-15" => ("https://sts.amazonaws.com/doc/2011-06-15/", sts::answer(world, action)),
        "2010-05-08" => ("https://iam.amazonaws.com/doc/2010-05-08/", iam::answer(world, action, &form)),
        other => {
            let message = format!("this endpoint has no service of version {other:?} in the query protocol");
            ("", Err(ApiError::new(400, "InvalidAction", message)))
        }
    };
    match result {
        Err(error) => error.to_query(&request_id),
        Ok(result) => Answer::xml(
            200,
            &format!(
                "<{action}Response xmlns=\"{namespace}\"><{action}Result>{result}</{action}Result>\
                 <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
            ),
        ),
    }
}

/// The answer to an action that a service does not have here.
pub fn unknown_action(action: &str) -> ApiError {
    ApiError::new(400, "InvalidAction", format!("The action {action} is not valid for this endpoint."))
}
