//! STS: whose account it is.

use super::{Ask, Client, Place};
use esm_model::mapping::Arn;
use hyper::Method;

/// The account and the partition behind an access key, as the upstream has it; `None` if it does not say.
pub async fn caller(client: &Client, place: &Place) -> Option<(String, String)> {
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let ask =
        Ask::new(Method::POST, "sts", "/").with("application/x-www-form-urlencoded; charset=utf-8", body);
    let said = client.look(place, ask).await.ok()?;
    let text = std::str::from_utf8(&said.body).ok()?;
    let answer = roxmltree::Document::parse(text).ok()?;
    let member = |name: &str| {
        let found = answer.descendants().find(|node| node.tag_name().name() == name)?;
        found.text().map(str::trim).map(str::to_owned)
    };
    let account = member("Account").filter(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()))?;
    let partition = member("Arn").and_then(|arn| Arn::parse(&arn).map(|arn| arn.partition.to_owned()));
    Some((account, partition.unwrap_or_else(|| "aws".to_owned())))
}
