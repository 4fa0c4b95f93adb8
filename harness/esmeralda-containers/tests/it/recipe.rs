//! Recipes: the shipped ones are well, and a file's mistakes are named.

use esmeralda_containers::order::Order;
use esmeralda_containers::recipe::{Recipe, SHIPPED};
use esmeralda_endpoint::package::{EXECUTOR, plugin_files};
use esmeralda_endpoint::preset::Preset;

const OWN: &str = "name = \"own\"\nabout = \"Mine.\"\nimage = \"mine\"\ntag = \"1\"\nport = 4566\n\
                   preset = \"generic\"\nstart_seconds = 5\n";

#[test]
fn every_shipped_recipe_is_well() {
    for (name, text) in SHIPPED {
        let recipe = Recipe::parse(name, text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(recipe.name, name);
        Preset::find(&recipe.preset).unwrap_or_else(|error| panic!("{name}: {error}"));
        // The plugin is found only where Python looks, and used only under its name.
        assert_eq!(recipe.plugin.as_ref(), recipe.environment.get("PYTHONPATH"), "{name}");
        let executor = recipe.plugin.as_ref().map(|_| EXECUTOR);
        assert_eq!(recipe.environment.get("LAMBDA_RUNTIME_EXECUTOR").map(String::as_str), executor, "{name}");
    }
}

#[test]
fn the_plugin_is_three_files_below_one_folder() {
    for (path, text) in plugin_files() {
        assert!(!path.starts_with('/') && !path.contains(".."), "{path}");
        assert!(!text.is_empty(), "{path}");
    }
}

#[test]
fn a_file_of_ones_own_is_read() {
    let path = std::env::temp_dir().join(format!("esmeralda-recipe-{}.toml", std::process::id()));
    let mount = "[[mounts]]\nsource = \"/srv/data\"\ntarget = \"/data\"\n[environment]\nA = \"1\"\n";
    std::fs::write(&path, format!("{OWN}{mount}")).expect("a folder for temporary files");
    let order = Order::parse(path.to_str().expect("a plain path"));
    std::fs::remove_file(&path).expect("it was written");
    let recipe = order.expect("it is one").recipe;
    assert_eq!((recipe.image.as_str(), recipe.mounts.len()), ("mine", 1));
    assert!(!recipe.mounts[0].writable);
}

#[test]
fn mistakes_are_named() {
    for (change, expected) in [
        (("start_seconds = 5", "start_seconds = 0"), "start_seconds is 0: expected 1 to 3600"),
        (("start_seconds = 5", "start_seconds = 86400"), "expected 1 to 3600"),
        (("image = \"mine\"", "image = \"\""), "image is empty"),
        (("port = 4566", "port = 456600"), "port"),
        (("tag = \"1\"", "tags = \"1\""), "unknown field `tags`"),
        (
            ("start_seconds = 5", "start_seconds = 5\n[[mounts]]\nsource = \"a\"\ntarget = \"/b\""),
            "no absolute path",
        ),
    ] {
        let text = OWN.replace(change.0, change.1);
        let error = Recipe::parse("own.toml", &text).expect_err(change.1).to_string();
        assert!(error.contains("own.toml") && error.contains(expected), "{error}");
    }
}
