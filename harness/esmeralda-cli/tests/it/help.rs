//! Help texts.

use crate::support::{Desk, same};

#[test]
fn help_of_every_verb() {
    let desk = Desk::new("help");
    same("help", &desk.run(&["--help"]).shown());
    for verb in
        ["smoke", "next", "run", "mutants", "replay", "recheck", "shrink", "explain", "list", "simulate"]
    {
        same(&format!("help-{verb}"), &desk.run(&[verb, "--help"]).shown());
    }
}
