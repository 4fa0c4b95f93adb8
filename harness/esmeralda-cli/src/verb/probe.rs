//! `probe`: what a target can do and how long it takes, and the preset or configuration that follows from it.

use crate::args::ProbeArgs;
use crate::error::{CliError, Exit};
use crate::interrupt;
use crate::report;
use crate::report::text::{BAD, DIM, DOUBT, GOOD, HEAD, facts, prose};
use crate::target::with_bench;
use esm_model::mapping::SourceKind;
use esm_model::spec::Reading;
use esm_model::when::Ms;
use esm_suite::probe::{Probe, crowd, probes};
use esmeralda::bench::Bench;
use esmeralda::clock::Stopwatch;
use esmeralda::control::Wire;
use esmeralda::probe::{Latencies, Proposal, Support, latencies, run as try_all, support, widest};
use esmeralda::stop::Stop;
use serde::Serialize;
use std::collections::BTreeMap;

/// The record age that AWS refuses and some implementations take: it saves waiting.
const SHORT_AGE_S: u32 = 1;

#[derive(Debug, Serialize)]
struct Report {
    target: String,
    capabilities: Vec<Capability>,
    latencies: Latencies,
    seconds: f64,
    proposal: Proposal,
    /// What to save as a file, where the target is described by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    preset: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preset_file: Option<String>,
}

#[derive(Debug, Serialize)]
struct Capability {
    name: String,
    support: Support,
    #[serde(skip)]
    claim: String,
}

/// Probes a target.
pub(crate) fn run(args: &ProbeArgs) -> Result<Exit, CliError> {
    let mut report = with_bench!(&args.target, bench => probed(bench, args.target.name()));
    if let (Some(path), Some(preset)) = (&args.out, &report.preset) {
        super::write(path, preset)?;
        report.preset_file = Some(path.display().to_string());
    }
    report::emit(args.output.format, &report, || report.text())?;
    let broke = |capability: &Capability| matches!(capability.support, Support::CouldNotRun(_));
    Ok(if report.capabilities.iter().any(broke) { Exit::CouldNotRun } else { Exit::Conforms })
}

fn probed<B: Bench>(bench: &B, name: &str) -> Report {
    let watch = Stopwatch::start();
    let asked: Vec<Probe> = probes();
    let cases = asked.iter().map(|probe| probe.case.clone()).collect();
    // Without sessions side by side nobody would hear it.
    let stop = bench.wide().map_or_else(Stop::default, |_| interrupt::stop());
    let reading = Reading::documented();
    let trials = try_all(bench, cases, &reading, &stop);
    let mut capabilities: Vec<Capability> = Vec::new();
    for (probe, trial) in asked.iter().zip(&trials) {
        capabilities.push(Capability {
            name: probe.capability.to_owned(),
            support: support(trial, probe.shows),
            claim: probe.claim.to_owned(),
        });
    }
    if let Some(support) = short_ages(bench) {
        capabilities.push(Capability {
            name: "short_ages".to_owned(),
            support,
            claim: format!(
                "a MaximumRecordAgeInSeconds of {SHORT_AGE_S} is taken, though AWS refuses it (API-25)"
            ),
        });
    }
    let width = widest(bench, &crowd(), &reading, &stop);
    let latencies = latencies(&trials);
    let latencies = width.iter().fold(latencies, |slowest, width| slowest.slowest(&width.latencies));
    // What could not be told is not proposed away: a target that owes it shall be asked for it.
    let told = |one: &&Capability| !matches!(one.support, Support::CouldNotTell(_));
    let shows: BTreeMap<String, bool> =
        capabilities.iter().filter(told).map(|one| (one.name.clone(), one.support == Support::Yes)).collect();
    let proposal = latencies.proposal(shows, width.map(|width| width.sessions));
    let preset = bench.preset(&proposal);
    let seconds = watch.elapsed().as_secs_f64();
    Report { target: name.to_owned(), capabilities, latencies, seconds, proposal, preset, preset_file: None }
}

/// Whether ages that AWS refuses are taken. `None` without a control plane.
fn short_ages<B: Bench>(bench: &B) -> Option<Support> {
    let planes = bench.planes()?;
    let asking = async {
        let mut plane = planes.open(SourceKind::Kinesis).await?;
        let (stream, function) = (plane.facts().stream_arn.clone(), plane.facts().function_name.clone());
        let wire = Wire::create(serde_json::json!({
            "EventSourceArn": stream, "FunctionName": function, "StartingPosition": "TRIM_HORIZON",
            "MaximumRecordAgeInSeconds": SHORT_AGE_S,
        }));
        let reply = plane.call(&wire).await;
        if let Some(uuid) = reply.as_ref().ok().and_then(|reply| reply.body.get("UUID")?.as_str()) {
            let gone = Wire::of(esmeralda::control::Verb::Delete, uuid, None);
            plane.call(&gone).await?;
        }
        plane.close().await?;
        reply
    };
    Some(match bench.wait(asking) {
        Ok(reply) if reply.is_taken() => Support::Yes,
        Ok(reply) => Support::No(reply.told()),
        Err(error) => Support::CouldNotRun(error.to_string()),
    })
}

impl Report {
    fn text(&self) -> String {
        let mut text = format!("{HEAD}{}{HEAD:#}, probed in {:.1} s\n", self.target, self.seconds);
        for Capability { name, support, claim } in &self.capabilities {
            let (style, word, why) = match support {
                Support::Yes => (GOOD, "yes", ""),
                Support::No(why) => (DOUBT, "no", why.as_str()),
                Support::CouldNotTell(why) => (DOUBT, "could not tell", why.as_str()),
                Support::CouldNotRun(why) => (BAD, "could not run", why.as_str()),
            };
            text.push_str(&format!("  {name:<18} {style}{word}{style:#}  {DIM}{claim}{DIM:#}\n"));
            if !why.is_empty() {
                text.push_str(&prose(why, 21));
            }
        }
        let shown = |ms: Option<Ms>| ms.map_or_else(|| "not seen".to_owned(), |ms| format!("{ms} ms"));
        let Latencies { delivery_ms, retry_ms, failure_record_ms, create_ms, update_ms } = &self.latencies;
        text.push_str("\nThe slowest seen\n");
        text.push_str(&facts(&[
            ("delivery", shown(*delivery_ms)),
            ("retry", shown(*retry_ms)),
            ("failure record", shown(*failure_record_ms)),
            ("create", shown(*create_ms)),
            ("update", shown(*update_ms)),
        ]));
        text.push_str("\nProposed bounds\n");
        let mut bounds = vec![
            ("settle_ms", self.proposal.settle_ms.to_string()),
            ("deadline_ms", self.proposal.deadline_ms.to_string()),
            ("update_settle_ms", self.proposal.update_settle_ms.to_string()),
        ];
        bounds.extend(self.proposal.sessions.map(|sessions| ("sessions", sessions.to_string())));
        text.push_str(&facts(&bounds));
        match (&self.preset_file, &self.preset) {
            (Some(file), _) => text.push_str(&format!("\nThe preset is in {file}.\n")),
            (None, Some(preset)) => {
                text.push_str(&format!("\nAs a preset (--out FILE saves it):\n\n{preset}"))
            }
            (None, None) => {}
        }
        text
    }
}
