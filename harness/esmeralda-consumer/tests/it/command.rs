//! Commands of the user: what they print, how they fail, and when they are run.

use crate::support::{GOOD, MAPPING, local, run_with};
use esmeralda_consumer::aws::{Answers, Recorder};
use esmeralda_consumer::command::run;
use esmeralda_consumer::surrounded::Surrounded;
use esmeralda_consumer::{Check, Local, Log};
use serde_json::{Value, json};

#[test]
fn what_a_command_prints_and_how_it_fails() {
    let said =
        |text: &str| local(run(text, &[("NAME", "value".to_owned())])).map_err(|error| error.to_string());
    assert_eq!(said("echo $NAME; echo aside >&2").as_deref(), Ok("value\n"));
    let failed = said("echo out of samples >&2; exit 3").unwrap_err();
    assert!(failed.contains("exit status: 3") && failed.contains("out of samples"), "{failed}");
    assert!(said("no-such-command-anywhere").unwrap_err().contains("failed"));
    let long = said("yes | head -c 70000000").unwrap_err();
    assert!(long.contains("prints 67108864 bytes or more"), "{long}");
}

/// Before each history, those of shrinking among them.
#[test]
fn the_world_is_reset() {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("reset");
    let _new = std::fs::remove_file(&dir);
    let recorder = Recorder::start(Answers::Stub, 0).expect("loopback");
    let right = Local::new(Log::default(), async |_: Value| Ok::<_, String>(json!({})));
    let command = format!("echo \"$AWS_ENDPOINT_URL\" >> {}", shell_words::quote(&dir.display().to_string()));
    let url = recorder.url();
    let mut surrounded = Surrounded::new(right, recorder).reset_by(Some(command));
    let check = Check::new(MAPPING, GOOD, "").expect("a check").drawn(3);
    let report = run_with(&check, &mut surrounded).expect("a report");
    let told = std::fs::read_to_string(&dir).expect("it was run");
    assert_eq!(told.lines().filter(|line| *line == url).count(), report.histories);
}
