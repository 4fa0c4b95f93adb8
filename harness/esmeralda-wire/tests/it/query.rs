//! SNS, STS and IAM, which take forms and answer in XML.

use crate::support::{Endpoint, check};
use esmeralda_wire::Config;
use serde_json::Value as Json;

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];

fn say(endpoint: &mut Endpoint, form: &str) -> String {
    let (status, kind, text) = endpoint.send("POST", "/", &FORM, form.as_bytes());
    endpoint.note(form, status, &kind, &text);
    text
}

#[test]
fn topics_roles_and_who_is_asking() {
    let mut endpoint = Endpoint::new(Config::default());
    for form in [
        "Action=GetCallerIdentity&Version=2011-06-15",
        "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D",
        "Action=GetRole&Version=2010-05-08&RoleName=r",
        "Action=GetRole&Version=2010-05-08&RoleName=s",
        "Action=DeleteRole&Version=2010-05-08&RoleName=r",
        "Action=CreateTopic&Version=2010-03-31&Name=alarms",
        "Action=Publish&Version=2010-03-31&TopicArn=arn:aws:sns:us-east-1:000000000000:none&Message=m",
        "Action=DeleteTopic&Version=2010-03-31&TopicArn=arn:aws:sns:us-east-1:000000000000:alarms",
        "Action=Dance&Version=2010-03-31",
        "Action=ListUsers&Version=1999-01-01",
    ] {
        say(&mut endpoint, form);
    }
    check(&endpoint, "query");
}

#[test]
fn a_topic_passes_messages_on_with_an_envelope_and_without() {
    let mut endpoint = Endpoint::new(Config::default());
    let (plain, plain_arn) = endpoint.queue("plain");
    let (raw, raw_arn) = endpoint.queue("raw");
    let topic = "arn:aws:sns:us-east-1:000000000000:t";
    say(&mut endpoint, "Action=CreateTopic&Version=2010-03-31&Name=t");
    let subscribe = format!("Action=Subscribe&Version=2010-03-31&TopicArn={topic}&Protocol=sqs&Endpoint=");
    say(&mut endpoint, &format!("{subscribe}{plain_arn}"));
    let attribute = "Attributes.entry.1.key=RawMessageDelivery&Attributes.entry.1.value=true";
    say(&mut endpoint, &format!("{subscribe}{raw_arn}&{attribute}"));
    say(&mut endpoint, &format!("Action=Publish&Version=2010-03-31&TopicArn={topic}&Message=a%20%26%20b"));
    assert_eq!(endpoint.receive(&raw, 20)[0].1, "a & b");
    let envelope: Json = serde_json::from_str(&endpoint.receive(&plain, 20)[0].1).unwrap();
    assert_eq!((&envelope["Type"], &envelope["Message"]), (&"Notification".into(), &"a & b".into()));
}
