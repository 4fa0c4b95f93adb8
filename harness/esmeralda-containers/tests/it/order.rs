//! What may be typed as a container.

use esm_model::mapping::SourceKind;
use esmeralda_containers::order::Order;

#[track_caller]
fn order(typed: &str) -> Order {
    Order::parse(typed).unwrap_or_else(|error| panic!("{typed}: {error}"))
}

#[test]
fn a_name_is_a_pinned_image_with_its_preset() {
    for (name, image) in
        [("localstack", "localstack/localstack:4.14.0"), ("ministack", "ministackorg/ministack:1.5.33")]
    {
        let order = order(name);
        assert_eq!(order.image(), image);
        assert_eq!(order.preset.name, name);
        assert_eq!(order.name(), format!("container:{name}"));
    }
}

#[test]
fn options_override_what_the_recipe_says() {
    let order =
        order("localstack,tag=3.8.1,port=4510,env=DEBUG=1,env=SERVICES=a=b,source=dynamodb,preset=localemu");
    assert_eq!(order.image(), "localstack/localstack:3.8.1");
    assert_eq!(order.recipe.port, 4510);
    assert_eq!(order.recipe.environment["DEBUG"], "1");
    assert_eq!(order.recipe.environment["SERVICES"], "a=b");
    assert_eq!(order.source, Some(SourceKind::DynamoDb));
    assert_eq!(order.preset.name, "localemu");
}

#[test]
fn an_image_takes_the_recipe_of_its_preset() {
    let own = order("registry.example:5000/mine,preset=localstack");
    assert_eq!(own.image(), "registry.example:5000/mine:latest");
    assert_eq!(own.recipe.environment["LAMBDA_RUNTIME_EXECUTOR"], "esmeralda");
    let other = order("someone/emulator:2,preset=generic");
    assert_eq!(other.image(), "someone/emulator:2");
    assert_eq!(other.preset.name, "generic");
    assert!(other.recipe.plugin.is_none());
}

#[test]
fn what_is_no_container_is_refused_with_a_remedy() {
    for (typed, expected) in [
        ("", "a container has an image"),
        ("generic", "a container has an image"),
        ("someone/emulator", "container:someone/emulator,preset=generic"),
        ("localstack,tag=", "is no option"),
        ("localstack,tag=a b", "is no option"),
        ("localstack,port=none", "is no option"),
        ("localstack,env=DEBUG", "is no option"),
        ("localstack,env==1", "is no option"),
        ("localstack,source=sqs", "is no option"),
        ("localstack,fast", "is no option"),
        ("localstack,preset=nobody", "there is no preset"),
        ("nowhere.toml", "cannot read the recipe"),
    ] {
        let error = Order::parse(typed).expect_err(typed).to_string();
        assert!(error.contains(expected), "{typed}: {error}");
    }
}
