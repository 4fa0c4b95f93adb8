//! What may be typed as an endpoint, and what may be used.

use esmeralda_endpoint::address::Address;

#[test]
fn a_full_address_is_understood() {
    let address =
        Address::parse("http://127.0.0.1:4566/,preset=ministack,source=dynamodb,account=000000000000");
    let address = address.expect("it is one");
    assert_eq!(address.url, "http://127.0.0.1:4566");
    assert_eq!(address.preset.name, "ministack");
    assert_eq!(address.source, Some(esm_model::mapping::SourceKind::DynamoDb));
    assert_eq!(address.account.as_deref(), Some("000000000000"));
}

#[test]
fn what_is_no_address_is_refused_with_a_remedy() {
    for (typed, expected) in [
        ("", "is no endpoint"),
        ("127.0.0.1:4566", "is no endpoint"),
        ("http://", "is no endpoint"),
        ("http://host/path", "is no endpoint"),
        ("http://host:port", "is no endpoint"),
        ("http://user@host", "is no endpoint"),
        ("http://localhost,preset", "is no option"),
        ("http://localhost,source=sqs", "is no option"),
        ("http://localhost,account=12", "is no option"),
        ("http://localhost,preset=nobody", "there is no preset"),
        ("http://localhost,preset=./nobody.toml", "cannot read the preset"),
    ] {
        let error = Address::parse(typed).expect_err(typed).to_string();
        assert!(error.contains(expected), "{typed}: {error}");
    }
}

#[test]
fn only_loopback_addresses_are_used_without_asking() {
    for (url, allow_remote, permitted) in [
        ("http://127.0.0.1:4566", false, true),
        ("http://127.1.2.3:4566", false, true),
        ("http://localhost:4566", false, true),
        ("http://[::1]:4566", false, true),
        ("http://localhost.example.com", false, false),
        ("http://127.0.0.1.example.com", false, false),
        ("http://10.0.0.1:4566", false, false),
        ("http://10.0.0.1:4566", true, true),
        ("https://kinesis.eu-west-1.amazonaws.com", true, false),
        ("https://kinesis.eu-west-1.AMAZONAWS.com.", true, false),
        ("https://kinesis.eu-west-1.amazonaws.com,account=123456789012", true, true),
        ("https://kinesis.eu-west-1.amazonaws.com,account=123456789012", false, false),
        ("https://notamazonaws.com", true, true),
    ] {
        let address = Address::parse(url).expect(url);
        assert_eq!(address.permit(allow_remote).is_ok(), permitted, "{url} {allow_remote}");
    }
}
