//! The workspace keeps its own rules: no file forgotten, none without a headline, none too long, no leftovers.

use std::path::{Path, PathBuf};

/// Longest file, in lines.
const LONGEST: usize = 400;

/// What is never checked in: each in two halves, so that this file does not hold it.
const BANNED: &[(&str, &str)] = &[
    ("todo", "!("),
    ("unimplemented", "!("),
    ("#[ign", "ore"),
    ("FIX", "ME"),
    ("for n", "ow"),
    ("/ho", "me/"),
    ("/Us", "ers/"),
    ("/ro", "ot/"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("a workspace")
}

/// Every file below the folder, by its path from the root, in order; without what is built or hidden.
fn files(root: &Path) -> Vec<(String, PathBuf)> {
    let mut all = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
            if name.starts_with('.') || name == "target" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                let local = path
                    .strip_prefix(root)
                    .ok()
                    .and_then(Path::to_str)
                    .expect("a path below")
                    .replace('\\', "/");
                all.push((local, path));
            }
        }
    }
    all.sort();
    all
}

/// Every Rust file of the workspace with its text.
fn sources() -> Vec<(String, String)> {
    let own = |(name, _): &(String, PathBuf)| {
        name.ends_with(".rs")
            && ["harness/", "models/", "suites/", "snapshots/"].iter().any(|f| name.starts_with(f))
    };
    let read = |(name, path): (String, PathBuf)| (name, std::fs::read_to_string(path).expect("a text"));
    files(&root()).into_iter().filter(own).map(read).collect()
}

/// Fails with everything that `problem` finds.
#[track_caller]
fn check(problem: impl Fn(&str, &str) -> Option<String>) {
    let sources = sources();
    assert!(sources.len() > 50, "{}", sources.len());
    let found: Vec<String> = sources
        .iter()
        .filter_map(|(name, text)| problem(name, text).map(|problem| format!("{name}: {problem}")))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_file_of_a_test_binary_is_forgotten() {
    let sources = sources();
    let tests = |name: &str| name.contains("/tests/it/") && !name.ends_with("/main.rs");
    let mut forgotten = Vec::new();
    for (name, _) in sources.iter().filter(|(name, _)| tests(name)) {
        let (folder, file) = name.rsplit_once('/').unwrap();
        let (owner, module) = match file {
            "mod.rs" => folder.rsplit_once('/').unwrap(),
            file => (folder, file.strip_suffix(".rs").unwrap()),
        };
        let owners = [format!("{owner}/main.rs"), format!("{owner}/mod.rs"), format!("{owner}.rs")];
        let declares = |(name, text): &&(String, String)| {
            owners.contains(name) && text.lines().any(|line| line.trim().ends_with(&format!("mod {module};")))
        };
        if !sources.iter().any(|source| declares(&source)) {
            forgotten.push(name);
        }
    }
    assert!(forgotten.is_empty(), "no module declares {forgotten:#?}");
}

#[test]
fn every_file_opens_with_what_it_is() {
    check(|_, text| (!text.starts_with("//! ")).then(|| "it does not open with //!".to_owned()));
}

#[test]
fn no_file_is_too_long() {
    check(|_, text| {
        let lines = text.lines().count();
        (lines > LONGEST).then(|| format!("{lines} lines"))
    });
}

#[test]
fn nothing_is_left_over() {
    check(|_, text| {
        let banned = |(a, b): &&(&str, &str)| text.contains(&format!("{a}{b}"));
        BANNED.iter().find(banned).map(|(a, b)| format!("{a}{b}"))
    });
}

#[test]
fn every_folder_of_snapshots_is_used() {
    let root = root();
    let sources = sources();
    let mut folders: Vec<String> = files(&root)
        .into_iter()
        .filter_map(|(name, _)| Some(name.strip_prefix("snapshots/esm/")?.rsplit_once('/')?.0.to_owned()))
        .collect();
    folders.dedup();
    assert!(!folders.is_empty());
    for folder in folders {
        let call = format!("settings(\"{folder}\")");
        assert!(sources.iter().any(|(_, text)| text.contains(&call)), "no test uses snapshots/esm/{folder}");
    }
}

/// What is allowed, and the acceptor, can be read in one sitting: lines of code, without comments.
#[test]
fn the_rules_are_short() {
    let parts = ["models/esm-model/src/spec/", "models/esm-model/src/accept.rs"];
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    let sources = sources();
    let own = sources.iter().filter(|(name, _)| parts.iter().any(|part| name.starts_with(part)));
    let lines: usize = own.map(|(_, text)| text.lines().filter(is_code).count()).sum();
    assert!((500..1_000).contains(&lines), "{lines} lines");
}

/// How large the description is that everything is judged by, in full hundreds of lines, rounded up.
#[test]
fn size_of_the_rules() {
    let folders = [
        "models/esm-model/src/spec/",
        "models/esm-model/src/accept.rs",
        "models/esm-model/src/state/",
        "models/esm-model/src/lane/",
        "models/esm-model/src/forgive/",
        "models/esm-model/src/status.rs",
        "models/esm-model/src/reference/",
    ];
    let size = |folder: &str| {
        let lines = |(name, text): &(String, String)| {
            if name.starts_with(folder) { text.lines().count() } else { 0 }
        };
        sources().iter().map(lines).sum::<usize>()
    };
    let text: Vec<String> = folders
        .iter()
        .map(|folder| {
            let lines = size(folder);
            println!("{folder}: {lines} lines");
            format!("{folder}: up to {} lines", lines.div_ceil(100) * 100)
        })
        .collect();
    esm_snapshots::settings("checker").bind(|| insta::assert_snapshot!("size", text.join("\n")));
}
