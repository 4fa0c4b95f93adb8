//! `list`: what there is, as objects with an `id` or a `name`.

use crate::args::{ListArgs, Listed};
use crate::error::{CliError, Exit};
use crate::report::text::table;
use crate::{report, target};
use esm_model::catalogue::{self, Profile, level};
use esm_model::reference::{FIELDS, MUTANTS, Policy};
use serde::Serialize;
use serde_json::{Value, json};

/// Lists things.
pub(crate) fn run(args: &ListArgs) -> Result<Exit, CliError> {
    let (entries, heads, columns) = match args.what {
        Listed::Rules => {
            (rules(), ["ID", "IF BROKEN", "STATUS", "RULE"], ["id", "level", "status", "sentence"])
        }
        Listed::Ambiguities => {
            (ambiguities(), ["ID", "ON AWS", "VARIANTS", "QUESTION"], ["id", "aws", "variants", "question"])
        }
        Listed::Mutants => {
            (mutants(), ["NAME", "BREAKS", "SHOWS", "SUMMARY"], ["name", "rule", "shows", "summary"])
        }
        Listed::Policies => {
            (policies(), ["NAME", "DECIDES", "IN AWS", "QUESTION"], ["name", "ambiguity", "aws", "question"])
        }
        Listed::Scenarios => {
            (scenarios(), ["ID", "RECORDS", "SOURCE", "CLAIM"], ["id", "records", "source", "claim"])
        }
        Listed::Targets => (targets(), ["NAME", "", "", "WHAT IT IS"], ["name", "", "", "summary"]),
    };
    report::emit(args.output.format, &entries, || {
        let cell = |entry: &Value, column: &str| match &entry[column] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            Value::Array(items) => {
                items.iter().filter_map(|item| item["name"].as_str()).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        let rows: Vec<_> = entries.iter().map(|entry| columns.map(|column| cell(entry, column))).collect();
        if args.what == Listed::Targets {
            let rows: Vec<_> = rows.into_iter().map(|[name, .., what]| [name, what]).collect();
            return table([heads[0], heads[3]], &rows);
        }
        table(heads, &rows)
    })?;
    Ok(Exit::Conforms)
}

/// An entry of the catalogue as it is, with its status in words.
fn entry(value: &impl Serialize, more: &[(&str, Value)]) -> Value {
    let mut entry = serde_json::to_value(value).unwrap_or_default();
    more.iter().for_each(|(name, value)| entry[*name] = value.clone());
    entry
}

fn rules() -> Vec<Value> {
    let one = |rule: &catalogue::Requirement| {
        let level = level(rule.id, Profile::Documented, false).to_string();
        let words = |text: String| Value::String(text);
        let more = [
            ("kind", words(rule.kind.to_string())),
            ("status", words(rule.status.to_string())),
            ("level", words(level)),
            ("needs", json!(catalogue::needs(rule.id))),
        ];
        entry(rule, &more)
    };
    catalogue::all().map(one).collect()
}

fn ambiguities() -> Vec<Value> {
    let one = |a: &catalogue::Ambiguity| entry(a, &[("status", a.status.to_string().into())]);
    catalogue::ambiguities().iter().map(one).collect()
}

fn mutants() -> Vec<Value> {
    let one = |mutant: &esm_model::reference::Mutant| {
        let shows = if mutant.fault.in_documents() { "in texts" } else { "in events" };
        json!({"name": mutant.name, "rule": mutant.rule, "shows": shows, "summary": mutant.summary})
    };
    MUTANTS.iter().map(one).collect()
}

/// The presets, and every single choice on top of the first.
fn policies() -> Vec<Value> {
    let mut entries = vec![
        json!({"name": "aws", "ambiguity": null, "question": "What was recorded and captured on AWS; the default."}),
        json!({"name": "plain", "ambiguity": null, "question": "The plainest reading of the documents."}),
    ];
    let usual = Policy::AWS.variants();
    for (index, (number, field, variants)) in FIELDS.iter().enumerate() {
        let ambiguity = catalogue::get_ambiguity(catalogue::AmbiguityId::new(*number));
        for (choice, variant) in variants.iter().enumerate() {
            entries.push(json!({
                "name": format!("aws+{field}={variant}"),
                "ambiguity": format!("AMB-{number}"),
                "aws": if choice == usual[index] { "yes" } else { "" },
                "question": ambiguity.map(|a| a.question),
            }));
        }
    }
    entries
}

fn scenarios() -> Vec<Value> {
    let one = |scenario: esm_suite::scenario::Scenario| {
        json!({
            "id": scenario.id,
            "name": scenario.name,
            "claim": scenario.claim,
            "citation": scenario.citation.to_string(),
            "source": scenario.case.source,
            "records": scenario.case.records.len(),
        })
    };
    esm_suite::scenario::all().into_iter().map(one).collect()
}

fn targets() -> Vec<Value> {
    target::KINDS.iter().map(|(name, summary)| json!({"name": name, "summary": summary})).collect()
}
