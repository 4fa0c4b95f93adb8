//! The Runtime API as node's bootstrap uses it, and what is no handler.

use crate::support::{MAPPING, check, examples, run, violated};
use esm_model::catalogue as c;
use esmeralda_consumer::runtime::Program;

fn node(handler: &str) -> Program {
    format!("node:{handler}").parse::<Program>().expect("a handler").root(&examples("node"))
}

#[test]
fn handlers_of_node() {
    violated(&run(check(MAPPING), node("index.handler"), 20_000).unwrap(), &[]);
    violated(&run(check(MAPPING), node("index.callback"), 20_000).unwrap(), &[]);
    violated(&run(check(MAPPING), node("index.last"), 20_000).unwrap(), &[c::CONS_4]);
}

#[test]
fn what_lambda_sets_is_set() {
    let script = r#"
import http.client, os, sys
names = ["_HANDLER", "AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "MINE"]
print("env", *[os.environ[name] for name in names], flush=True)
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(method, path, body=None):
    api.request(method, "/2018-06-01/runtime" + path, body)
    response = api.getresponse()
    return response, response.read()
while True:
    response, event = call("GET", "/invocation/next")
    headers = response.headers
    request = headers["Lambda-Runtime-Aws-Request-Id"]
    deadline = int(headers["Lambda-Runtime-Deadline-Ms"])
    trace, arn = headers["Lambda-Runtime-Trace-Id"], headers["Lambda-Runtime-Invoked-Function-Arn"]
    wrong, _ = call("POST", "/invocation/00000000-0000-0000-0000-000000000000/response", b"{}")
    well = wrong.status == 400 and deadline > 1700000000000 and trace.startswith("Root=1-") and ":function:" in arn
    call("POST", f"/invocation/{request}/" + ("response" if well else "error"), b'{"batchItemFailures": []}')
"#;
    let quoted = format!("exec:python3 -c {}", shell_words::quote(script));
    let program = quoted.parse::<Program>().unwrap().variable("MINE", "yes");
    let good_only = esmeralda_consumer::Check::new(MAPPING, "good", "").unwrap().drawn(2);
    violated(&run(good_only, program, 20_000).unwrap(), &[]);
}

#[test]
fn what_is_no_handler() {
    for (text, part) in [
        ("app.handler", "it has no kind"),
        ("ruby:app.handler", "its kind is not known"),
        ("python:app", "it names no module and function"),
        ("exec:", "it names no program"),
        ("exec:'./bootstrap", "its quotes do not end"),
    ] {
        let error = text.parse::<Program>().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}
