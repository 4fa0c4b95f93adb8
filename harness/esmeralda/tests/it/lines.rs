//! Children that misbehave: each is bounded in time and in memory, ends as could-not-run with its last words, and
//! leaves nothing behind.

use crate::support;
use esm_model::event::{Event, Settled};
use esmeralda::bench::Bench;
use esmeralda::clock::Deadline;
use esmeralda::lines::{CommandTarget, MAX_BROKEN_IN_A_ROW};
use esmeralda::run::run_case;
use esmeralda::target::{Target, TargetError};
use esmeralda::virtual_time::ready;
use std::rc::Rc;
use std::time::Duration;

/// How long these children may take for an answer: long enough for an interpreter on a busy machine.
const WAIT: Duration = Duration::from_secs(20);
/// The same for those that never answer.
const SHORT: Duration = Duration::from_millis(400);

/// The beginning of a child in Python that answers as it should.
const HONEST: &str = r#"
import json, sys, os, signal, time
def say(kind, **body):
    print(json.dumps({kind: body}), flush=True)
def hear():
    line = sys.stdin.readline()
    return json.loads(line) if line else sys.exit()
def opened(**more):
    hear()
    say("opened", protocol=1, clock="virtual", capabilities=["shards"], **more)
def created():
    opened()
    hear()
    say("acted")
"#;

/// What becomes of a case with that child.
fn tried(command: &str, wait: Duration) -> String {
    let target = CommandTarget::command("child", command, Some(wait)).expect("a command");
    let case = Rc::new(support::case(1));
    match ready(run_case(&target.target(true), &case, None, true, Vec::new())) {
        Ok(_) => "it ran".to_owned(),
        Err(TargetError::Unsupported(what)) => format!("unsupported: {what}"),
        Err(TargetError::CouldNotRun(why)) => why,
    }
}

#[track_caller]
fn check(name: &str, command: &str, wait: Duration) {
    let told = tried(command, wait);
    esm_snapshots::settings("protocol").bind(|| insta::assert_snapshot!(name, told, command));
}

fn python(body: &str) -> String {
    shell_words::join(["python3", "-c", &format!("{HONEST}{body}")])
}

#[track_caller]
fn check_python(name: &str, body: &str) {
    check(name, &python(body), WAIT);
}

#[test]
fn no_program() {
    check("no-program", "no-such-program-anywhere --at-all", WAIT);
}

#[test]
fn hangs_at_once() {
    check("hangs-at-once", "sleep 5000", SHORT);
}

#[test]
fn ends_at_once() {
    check("ends-at-once", "sh -c 'echo the lights went out >&2; exit 7'", WAIT);
}

#[test]
fn ends_in_mid_case() {
    check_python("ends-in-mid-case", "created(); print('no more', file=sys.stderr); sys.exit(3)");
}

#[test]
fn is_killed_in_mid_case() {
    check_python("is-killed-in-mid-case", "created(); os.kill(os.getpid(), signal.SIGKILL)");
}

#[test]
fn writes_garbage() {
    check("writes-garbage", "sh -c 'echo Listening on port 8080; sleep 5000'", WAIT);
}

#[test]
fn writes_bytes_that_are_no_text() {
    check_python(
        "writes-no-text",
        "sys.stdout.buffer.write(bytes([255, 254, 0, 10])); sys.stdout.flush(); hear(); hear()",
    );
}

#[test]
fn writes_half_a_line() {
    check_python("writes-half-a-line", "sys.stdout.write('{\"opened\": {\"proto'); sys.stdout.flush()");
}

#[test]
fn writes_a_line_of_100_megabytes() {
    check_python(
        "writes-100-megabytes",
        "sys.stdout.write('x' * 100_000_000); sys.stdout.flush(); time.sleep(5000)",
    );
}

#[test]
fn writes_much_to_stderr() {
    check_python(
        "writes-much-to-stderr",
        "sys.stderr.write('y' * 10_000_000 + '\\n'); print('the end', file=sys.stderr); sys.stderr.flush(); opened()",
    );
}

#[test]
fn speaks_another_protocol() {
    check_python("speaks-another-protocol", "hear(); say('opened', protocol=2)");
}

#[test]
fn says_what_is_no_message() {
    check_python("says-no-message", "created(); hear(); say('actd')");
}

#[test]
fn says_a_member_too_much() {
    check_python("says-a-member-too-much", "hear(); say('opened', protocol=1, colour='blue')");
}

#[test]
fn speaks_out_of_turn() {
    check_python("speaks-out-of-turn", "created(); hear(); say('sleep', until=None)");
}

#[test]
fn invokes_what_was_never_put() {
    let body = "created(); hear(); say('acted', put=[{'sequence': '1'}]); hear(); \
        say('call', id=1, invoke={'mapping': 0, 'records': ['999']}); hear()";
    check_python("invokes-what-was-never-put", body);
}

#[test]
fn gives_one_number_twice() {
    let body = "created(); hear(); say('acted', put=[{'sequence': '7'}])\n\
        hear(); say('sleep', until=None); hear(); say('acted', put=[{'sequence': '7'}]); hear(); hear()";
    check_python("gives-one-number-twice", body);
}

/// Waiting in virtual time is for the other end of a pipe: it comes at once where both have one processor.
#[cfg(target_os = "linux")]
#[test]
fn takes_turns_on_one_processor() {
    let told = tried(&python("created(); sys.exit(len(os.sched_getaffinity(0)))"), WAIT);
    assert!(told.contains("it ended with exit code 1;"), "{told}");
    // Nor does it hold anything else to that processor.
    let found = std::thread::available_parallelism().expect("a number of processors").get();
    let other = std::thread::spawn(std::thread::available_parallelism).join().expect("no panic");
    assert_eq!(other.expect("a number of processors").get(), found);
}

#[test]
fn does_not_let_time_pass() {
    let body = "created(); hear(); say('acted', put=[{'sequence': '1'}])\n\
        while True: hear(); say('sleep', until=0)";
    let told = tried(&python(body), WAIT);
    assert!(told.contains("it took 1000000 turns; let it sleep for longer"), "{told}");
}

#[test]
fn never_ends_to_write() {
    let body = "created(); hear(); say('acted', put=[{'sequence': '1'}])\n\
        body = {'mapping': 0, 'destination': 'arn:aws:sqs:eu-west-1:123456789012:q', 'body': 'z' * 1_900_000}\n\
        while True: say('call', id=1, deliver=body)";
    let told = tried(&python(body), WAIT);
    assert!(told.contains("it wrote more than 256 MiB in one case"), "{told}");
}

#[test]
fn cannot_do_it() {
    check_python(
        "cannot-do-it",
        "opened(); hear(); say('unsupported', what='mappings on Tuesdays'); hear(); say('closed')",
    );
}

#[test]
fn does_not_read() {
    // It has to begin within the time that is too short for all that it does not read: no interpreter that starts slowly.
    let opened = r#"{"opened": {"protocol": 1, "clock": "virtual", "capabilities": ["shards"]}}"#;
    let target = shell_words::join(["sh", "-c", &format!("echo '{opened}'; exec sleep 5000")]);
    let mut case = support::case(1);
    let many = esm_model::case::Record { behaviour: None, ..case.records[0] };
    case.records = vec![many; esm_model::case::MAX_RECORDS];
    case.mappings[0].created_at = 1;
    let target = CommandTarget::command("child", &target, Some(WAIT / 2)).expect("a command");
    let ran = ready(run_case(&target, &Rc::new(case), None, true, Vec::new()));
    let told = ran.expect_err("it does not read").to_string();
    assert!(told.contains("it does not read its stdin: 10 s were not enough"), "{told}");
}

/// Time passes by itself, and the child has but one thread: it calls, and answers what was done meanwhile only after that.
const BUSY: &str = r#"
hear()
say("opened", protocol=1, clock="wall", capabilities=[])
put = []
while True:
    (kind, body), = hear().items()
    if kind == "act" and "put" in body:
        if put:
            say("call", id=len(put), invoke={"mapping": 0, "records": put[-1:]})
            assert "reply" in hear()
        put.append(str(len(put) + 1))
        say("acted", put=[{"sequence": put[-1], "arrival": body["now"]}])
    elif kind == "act":
        say("acted")
    else:
        say(*(["closed"] if kind == "close" else ["sleep"]), **({} if kind == "close" else {"until": None}))
"#;

#[test]
fn a_call_ends_while_something_is_done() {
    let target = CommandTarget::command("child", &python(BUSY), Some(WAIT)).expect("a command");
    let case = esm_model::case::Case { closing_at: Some(50), horizon_ms: 100, ..support::case(1) };
    let ran = ready(run_case(&target, &Rc::new(case), None, true, Vec::new())).expect("it runs");
    let ended = |event: &&Event| matches!(event, Event::Answered { .. });
    assert_eq!(ran.events.iter().filter(ended).count(), 5, "{:?}", ran.events);
}

/// No process that was started with these words is left, or soon none is.
#[track_caller]
fn gone(words: &str) {
    let running = || {
        let all = std::fs::read_dir("/proc").expect("a system with /proc").flatten();
        all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
            .any(|line| String::from_utf8_lossy(&line).replace('\0', " ").trim_end() == words)
    };
    let deadline = Deadline::after(Some(WAIT));
    while running() {
        assert!(!deadline.is_over(), "{words} is still there");
        std::thread::yield_now();
    }
}

#[test]
fn who_ignores_signals_is_killed() {
    let told = tried("sh -c 'trap \"\" TERM INT HUP; sleep 4711.1; sleep 4711.2'", SHORT);
    assert!(told.contains("it said nothing for 0.4 s where opened was due"), "{told}");
    gone("sleep 4711.1");
    gone("sleep 4711.2");
}

#[test]
fn what_a_child_started_goes_with_it() {
    let told = tried(
        "sh -c 'sleep 4712.1 & setsid sleep 4712.2 & (setsid sleep 4712.3 &); echo; sleep 4712.4'",
        WAIT,
    );
    assert!(told.contains("it wrote what is no message"), "{told}");
    ["sleep 4712.1", "sleep 4712.2", "sleep 4712.3", "sleep 4712.4"].iter().for_each(|words| gone(words));
}

#[test]
fn nothing_is_left_when_the_target_is_dropped() {
    let body = "opened(); hear(); say('unsupported', what='x'); hear(); say('closed')\n\
        signal.signal(signal.SIGTERM, signal.SIG_IGN)\nos.execvp('sleep', ['sleep', '4713'])";
    let target = CommandTarget::command("child", &python(body), Some(WAIT)).expect("a command");
    let ran = ready(run_case(&target, &Rc::new(support::case(1)), None, true, Vec::new()));
    assert!(matches!(ran, Err(TargetError::Unsupported(_))));
    drop(target);
    gone("sleep 4713");
}

#[test]
fn nobody_is_started_for_ever() {
    let target = CommandTarget::command("child", "false", Some(WAIT)).expect("a command");
    let case = Rc::new(support::case(1));
    let mut told = String::new();
    for _ in 0..=MAX_BROKEN_IN_A_ROW {
        let ran = ready(run_case(&target, &case, None, true, Vec::new()));
        told = ran.expect_err("it never runs").to_string();
    }
    assert!(told.contains("32 children in a row broke down"), "{told}");
}

#[test]
fn an_empty_command_is_none() {
    for (command, problem) in [("", "there is no program"), ("  ", "there is no program"), ("sh 'x", "quote")]
    {
        let refused = CommandTarget::command("child", command, None).expect_err("no command").to_string();
        assert!(refused.contains(problem), "{refused}");
    }
}

/// A case of half a second.
fn short_case() -> esm_model::case::Case {
    let mut case = support::case(0);
    case.records = [0, 20, 40].map(esm_model::case::Record::healthy).to_vec();
    case.closing_at = Some(500);
    case.horizon_ms = 30_000;
    case.mappings[0].settings.maximum_retry_attempts = None;
    let throttle = esm_model::case::Action::Throttle { mapping: 0, for_ms: 200 };
    case.actions = vec![esm_model::case::Step { at: 10, action: throttle }];
    case
}

#[test]
fn time_may_pass_by_itself() {
    let naive = include_str!("../../adapters/python/naive.py").replace("clock=\"virtual\", ", "");
    let command = shell_words::join(["python3", "-c", &naive]);
    let target = CommandTarget::command("naive", &command, Some(WAIT)).expect("a command").target(false);
    let reading = esm_model::spec::Reading::documented();
    let trial = ready(esmeralda::outcome::try_case(&target, short_case(), &reading, Vec::new()));
    assert!(target.profile().wall);
    assert_eq!(trial.outcome.standing(), esmeralda::outcome::Standing::Conforms, "{:#?}", trial.events);
    let last = trial.events.last().expect("an end");
    assert!(matches!(last, Event::Settled { how: Settled::Quiet, .. }), "{last:?}");
    assert!(last.at().earliest >= 500, "{last:?}");
    let calls = trial.events.iter().filter(|event| matches!(event, Event::Invoked { .. })).count();
    assert!(calls >= 2, "{:#?}", trial.events);
}
