//! `explain`: what a rule, an ambiguity or a word of the documents means, and where that is from.

use crate::args::ExplainArgs;
use crate::error::{CliError, Exit};
use crate::report;
use crate::report::text::{DIM, HEAD, prose};
use esm_model::catalogue::{
    Ambiguity, Found, Kind, Profile, Requirement, Term, ambiguities_of, canonical, get, get_ambiguity, level,
    lookup, needs, resting_on,
};
use serde_json::{Value, json};

/// Explains something.
pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, CliError> {
    let asked = args.what.join(" ");
    let found = lookup(&asked);
    if found.is_empty() {
        return Err(CliError::BadInput(format!(
            "nothing is known about {asked:?}: ask for an ID such as RETRY-3 or AMB-5, a pattern such as 'PBR-*', or \
             a word of the documents; see esmeralda list rules"
        )));
    }
    let values: Vec<Value> = found.iter().map(value).collect();
    report::emit(args.output.format, &values, || found.iter().map(text).collect::<Vec<_>>().join("\n"))?;
    Ok(Exit::Conforms)
}

/// The entry as it is, and what a rule needs.
fn value(found: &Found) -> Value {
    let mut value = serde_json::to_value(found).unwrap_or_default();
    if let Found::Requirement(requirement) = found {
        value["requirement"]["needs"] = json!(needs(requirement.id));
    }
    value
}

fn text(found: &Found) -> String {
    match found {
        Found::Requirement(requirement) => rule(requirement),
        Found::Ambiguity(ambiguity) => question(ambiguity),
        Found::Term(term) => word(term),
    }
}

fn rule(rule: &Requirement) -> String {
    let Requirement { id, sentence, kind, certainty, source, observed, status } = rule;
    let mut text = format!("{HEAD}{id}{HEAD:#}  {DIM}{kind}, {certainty}, {status}{DIM:#}\n");
    text.push_str(&prose(sentence, 2));
    let levels = [Profile::Documented, Profile::Aws].map(|profile| level(*id, profile, false));
    text.push_str(&labelled("observed", observed));
    text.push_str(&labelled("source", source));
    text.push_str(&labelled("breaking it", &format!("{} (--reading aws: {})", levels[0], levels[1])));
    if let Kind::Restates(_) = kind
        && let Some(behaviour) = get(canonical(*id))
    {
        text.push_str(&labelled("blamed as", &format!("{}: {}", behaviour.id, behaviour.sentence)));
    }
    if !needs(*id).is_empty() {
        let rules: Vec<String> = needs(*id).iter().map(ToString::to_string).collect();
        text.push_str(&labelled(
            "needs",
            &format!("{}: must hold before this rule can be judged", rules.join(", ")),
        ));
    }
    let resting = match resting_on(*id).count() {
        0 => None,
        1 => Some("1 rule, which cannot be judged while it is broken".to_owned()),
        some => Some(format!("{some} rules, which cannot be judged while it is broken")),
    };
    text.push_str(&resting.map(|resting| labelled("holds up", &resting)).unwrap_or_default());
    for ambiguity in ambiguities_of(*id) {
        text.push_str(&labelled("left open", &format!("{}: {}", ambiguity.id, ambiguity.question)));
    }
    text
}

fn question(ambiguity: &Ambiguity) -> String {
    let mut text = format!("{HEAD}{}{HEAD:#}  {DIM}ambiguity, {}{DIM:#}\n", ambiguity.id, ambiguity.status);
    text.push_str(&prose(ambiguity.question, 2));
    for variant in ambiguity.variants {
        let seen = if ambiguity.aws == Some(variant.name) { " (seen on AWS)" } else { "" };
        text.push_str(&labelled("admitted", &format!("{}{seen}: {}", variant.name, variant.sentence)));
    }
    text.push_str(&labelled("why open", ambiguity.why));
    text.push_str(&labelled("source", ambiguity.source));
    let rules: Vec<String> = ambiguity.rules.iter().map(ToString::to_string).collect();
    text.push_str(&labelled("concerns", &rules.join(", ")));
    text
}

fn word(term: &Term) -> String {
    let mut text = format!("{HEAD}{}{HEAD:#}\n", term.text);
    text.push_str(&prose(term.sentence, 2));
    if !term.aliases.is_empty() {
        text.push_str(&labelled("also", &term.aliases.join(", ")));
    }
    for requirement in term.rules.iter().filter_map(|rule| get(*rule)) {
        text.push_str(&labelled(&requirement.id.to_string(), requirement.sentence));
    }
    for ambiguity in term.ambiguities.iter().filter_map(|id| get_ambiguity(*id)) {
        text.push_str(&labelled(&ambiguity.id.to_string(), ambiguity.question));
    }
    text
}

/// A label and prose beside it.
fn labelled(label: &str, text: &str) -> String {
    const COLUMN: usize = 15;
    let body = prose(text, COLUMN);
    let body = body.trim_start();
    format!("  {DIM}{label:<width$}{DIM:#}{body}", width = COLUMN - 2)
}
