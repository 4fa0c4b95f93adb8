//! The tutorial for command targets: its commands print what the page says, and its changes mend what they say.

use crate::support::Desk;
use std::path::Path;

const PAGE: &str = include_str!("../../../esmeralda/adapters/TUTORIAL.md");

/// The blocks of the page, with their languages.
fn blocks() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGE.split("\n```").skip(1).step_by(2).map(|block| block.split_once('\n').expect("a block has lines"))
}

/// A text with the changes of a diff made in it.
fn patched(mut text: String, diff: &str) -> String {
    for hunk in diff.split("@@\n").filter(|hunk| !hunk.is_empty()) {
        let side = |other: char| -> String {
            let lines = hunk.lines().filter(|line| !line.starts_with(other));
            lines.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect()
        };
        let (old, new) = (side('+'), side('-'));
        assert_eq!(text.matches(&old).count(), 1, "this is to be replaced:\n{old}");
        text = text.replace(&old, &new);
    }
    text
}

/// Without what differs from run to run.
fn untimed(text: &str) -> String {
    let lasting = text.lines().filter(|line| !line.trim_start().starts_with("time "));
    lasting.map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_tutorial_is_true() {
    let desk = Desk::new("tutorial");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut printed = String::new();
    let (mut compared, mut changed) = (0, 0);
    for (language, block) in blocks() {
        match language {
            "console" => {
                for line in block.lines() {
                    let words = shell_words::split(line).expect("a command");
                    let words: Vec<&str> = words.iter().map(String::as_str).collect();
                    match words[..] {
                        ["$", "cp", from, "."] => {
                            let name =
                                Path::new(from).file_name().and_then(|name| name.to_str()).expect("a name");
                            desk.write(
                                name,
                                std::fs::read(root.join(from)).expect("a file of the repository"),
                            );
                        }
                        ["$", "esmeralda", ref args @ ..] => printed = untimed(&desk.run(args).out),
                        _ => panic!("{line}"),
                    }
                }
            }
            "text" => {
                let wanted = untimed(block);
                assert!(printed.contains(&wanted), "the page says\n{wanted}\nand the command\n{printed}");
                compared += 1;
            }
            "diff" => {
                desk.write("naive.py", patched(desk.read("naive.py"), block));
                changed += 1;
            }
            _ => {}
        }
    }
    assert!(compared >= 8 && changed >= 6, "{compared} texts, {changed} changes");
}
