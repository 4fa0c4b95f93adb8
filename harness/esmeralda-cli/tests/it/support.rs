//! Runs the command in a directory of its own, and compares what it says with reviewed snapshots.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory for one test, empty at its beginning. Commands run in it, so that no path of a machine shows.
pub(crate) struct Desk(PathBuf);

/// What a command did.
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) fn new(test: &str) -> Desk {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(test);
        if dir.exists() {
            fs::remove_dir_all(&dir).expect("an old test directory can be removed");
        }
        fs::create_dir_all(&dir).expect("a test directory can be made");
        Desk(dir)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("a test file can be written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a test file can be read")
    }

    pub(crate) fn run(&self, args: &[&str]) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_esmeralda"));
        command.args(args).current_dir(&self.0).env("COLUMNS", "100").env_remove("CLICOLOR_FORCE");
        let Output { status, stdout, stderr } = command.output().expect("the command can be run");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the command writes UTF-8");
        Done { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
    }
}

impl Done {
    /// Everything that a user sees, without what differs from run to run.
    pub(crate) fn shown(&self) -> String {
        let timed = |line: &str| line.trim_start().starts_with("time ").then(|| "  time [timing]".to_owned());
        let out: String =
            self.out.lines().map(|line| timed(line).unwrap_or_else(|| untimed(line)) + "\n").collect();
        let err = if self.err.is_empty() { String::new() } else { format!("--- stderr\n{}", self.err) };
        format!("{out}{err}--- exit {}\n", self.code)
    }

    /// The last line of stdout as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        let line = self.out.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}\n{}", self.err))
    }
}

/// A JSON document without its `timing`; other lines as they are.
pub(crate) fn untimed(line: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(line) {
        Ok(mut value) if value.get("timing").is_some() => {
            value["timing"] = "[timing]".into();
            value.to_string()
        }
        _ => line.to_owned(),
    }
}

/// Compares with the snapshot of that name.
pub(crate) fn same(name: &str, text: &str) {
    esm_snapshots::settings("cli").bind(|| insta::assert_snapshot!(name, text));
}
