//! The ways to name a function in a request, and the ARN that an answer makes of them (API-5).
//!
//! Not a registry: whether the function exists is for [`super::admit()`].

use crate::mapping::{Arn, PARTITIONS, is_account};

/// The parts of a function's name as given: every part but the name itself may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionName<'a> {
    /// The partition, given with an ARN only.
    pub partition: Option<&'a str>,
    /// The region, given with an ARN only.
    pub region: Option<&'a str>,
    /// The account, given with an ARN or a partial one.
    pub account: Option<&'a str>,
    /// The name.
    pub name: &'a str,
    /// `$LATEST`, a version or an alias.
    pub qualifier: Option<&'a str>,
}

impl<'a> FunctionName<'a> {
    /// Reads `name`, `123456789012:function:name`, `function:name` or
    /// `arn:aws:lambda:eu-central-1:123456789012:function:name`, each with or without `:qualifier`.
    /// `None` if the text is none of these.
    pub fn parse(text: &'a str) -> Option<FunctionName<'a>> {
        let mut name =
            FunctionName { partition: None, region: None, account: None, name: "", qualifier: None };
        let rest = if text.starts_with("arn:") {
            let arn = Arn::parse(text).filter(|arn| arn.service == "lambda" && arn.is_regional())?;
            name.partition = PARTITIONS.into_iter().find(|partition| *partition == arn.partition);
            name.region = Some(arn.region);
            name.account = Some(arn.account);
            arn.resource.strip_prefix("function:")?
        } else {
            let rest = match text.split_once(':') {
                Some((account, rest)) if is_account(account) => {
                    name.account = Some(account);
                    rest
                }
                _ => text,
            };
            rest.strip_prefix("function:").unwrap_or(rest)
        };
        let word = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        (name.name, name.qualifier) = match rest.split_once(':') {
            Some((head, qualifier)) => (head, Some(qualifier)),
            None => (rest, None),
        };
        let qualifier = name.qualifier.is_none_or(|text| text == "$LATEST" || word(text));
        (word(name.name) && qualifier).then_some(name)
    }

    /// The ARN shown in answers, with the qualifier if one was given (API-5). The arguments stand in for the
    /// parts that were not given.
    pub fn arn(&self, partition: &str, region: &str, account: &str) -> String {
        let partition = self.partition.unwrap_or(partition);
        let region = self.region.unwrap_or(region);
        let account = self.account.unwrap_or(account);
        let plain = format!("arn:{partition}:lambda:{region}:{account}:function:{}", self.name);
        match self.qualifier {
            Some(qualifier) => format!("{plain}:{qualifier}"),
            None => plain,
        }
    }
}
