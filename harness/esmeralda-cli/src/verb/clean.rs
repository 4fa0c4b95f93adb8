//! `clean`: removes what runs that ended badly left at endpoints, by the journals that they wrote.

use crate::endpoint_args::CleanArgs;
use crate::error::{CliError, Exit};
use crate::report;
use crate::target::Chosen;
use esmeralda_endpoint::address::Address;
use esmeralda_endpoint::clean;
use esmeralda_endpoint::journal::{self, Left, state_dir};
use serde::Serialize;
use std::path::Path;

/// What became of one journal.
#[derive(Debug, Serialize)]
struct Entry {
    endpoint: String,
    /// Things removed, or gone already.
    removed: usize,
    /// What remains, and why.
    left: Vec<String>,
    /// Whether nobody will ask for that again.
    forgotten: bool,
}

/// Cleans up.
pub(crate) fn run(args: &CleanArgs, allow_remote: bool) -> Result<Exit, CliError> {
    let dir = state_dir();
    let journals = journal::left(&dir)
        .map_err(|error| CliError::CouldNotRun(format!("cannot read {}: {error}", dir.display())))?;
    let url = match &args.target {
        Some(Chosen::Endpoint(bench)) => Some(bench.address().url.clone()),
        Some(_) => return Err(CliError::BadInput("only an endpoint can be cleaned up".to_owned())),
        None => None,
    };
    let mut entries = Vec::new();
    for left in journals.iter().filter(|left| !is_running(left.process)) {
        let address =
            Address::parse(&left.typed).map_err(|error| CliError::CouldNotRun(error.to_string()))?;
        if url.as_ref().is_none_or(|url| *url == address.url) {
            let mut entry = clean_up(&address, left, allow_remote)?;
            if args.forget && !entry.left.is_empty() {
                forget(&left.path)?;
                entry.forgotten = true;
            }
            entries.push(entry);
        }
    }
    report::emit(args.output.format, &entries, || text(&entries))?;
    let kept = entries.iter().any(|entry| !entry.left.is_empty() && !entry.forgotten);
    Ok(if kept { Exit::CouldNotRun } else { Exit::Conforms })
}

fn clean_up(address: &Address, left: &Left, allow_remote: bool) -> Result<Entry, CliError> {
    address.permit(allow_remote).map_err(|error| CliError::BadInput(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::CouldNotRun(error.to_string()))?;
    let cleaned = runtime.block_on(clean::left(address, left));
    let path = left.path.display();
    let cleaned = cleaned.map_err(|error| CliError::CouldNotRun(format!("cannot remove {path}: {error}")))?;
    let kept = cleaned.kept.iter().map(|(made, why)| format!("{:?} {}: {why}", made.kind, made.id)).collect();
    Ok(Entry { endpoint: left.typed.clone(), removed: cleaned.removed, left: kept, forgotten: false })
}

/// Removes a journal whose things cannot be removed.
fn forget(journal: &Path) -> Result<(), CliError> {
    std::fs::remove_file(journal)
        .map_err(|error| CliError::CouldNotRun(format!("cannot remove {}: {error}", journal.display())))
}

/// Whether the run still goes on. Where this cannot be told it does not: what is gone is no error to whoever removes it.
fn is_running(process: u32) -> bool {
    process != std::process::id() && Path::new("/proc").join(process.to_string()).exists()
}

fn text(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "Nothing was left behind.\n".to_owned();
    }
    let mut text = String::new();
    for entry in entries {
        text.push_str(&format!("{}: {} removed\n", entry.endpoint, entry.removed));
        let what = if entry.forgotten { "forgotten" } else { "still there" };
        entry.left.iter().for_each(|line| text.push_str(&format!("  {what}: {line}\n")));
    }
    text
}
