//! TARGET on the command line: `kind[:argument]`, and what it names.

use crate::error::CliError;
use esm_model::reference::{FIELDS, MUTANTS, Policy, find_mutant};
use esmeralda::lines::CommandTarget;
use esmeralda::machine::MachineTarget;
use std::borrow::Cow;
use std::time::Duration;

/// The kinds of target: syntax, and what it is.
pub(crate) const KINDS: &[(&str, &str)] = &[
    ("reference", "The reference as AWS was seen to decide what the documents leave open; the default."),
    (
        "reference:POLICY",
        "The reference under another policy, such as reference:plain or reference:aws+split=ceil.",
    ),
    ("mutant:NAME", "The reference with one planted bug, such as mutant:one-retry-too-many."),
    (
        "command:PROGRAM …",
        "A program that speaks JSON lines, such as 'command:python3 poller.py'; see PROTOCOL.md. With another bound on \
         each of its answers than 10 s: 'command,timeout=60s:PROGRAM …'.",
    ),
    (
        "endpoint:URL[,preset=NAME|FILE][,source=kinesis|dynamodb]",
        "An emulator, or AWS itself, by the URL of its API (feature endpoint).",
    ),
    (
        "container:localstack|ministack|RECIPE.toml|IMAGE[,preset=NAME|FILE][,tag=TAG][,env=NAME=VALUE]",
        "An emulator in a container that is started for the run, and removed after it (feature containers).",
    ),
];

/// A target that was chosen. Each kind is bound to its own code once, in `with_bench`.
#[derive(Debug, Clone)]
pub(crate) enum Chosen {
    /// In-tree, in virtual time.
    Machine(MachineTarget),
    /// A child process.
    Command(CommandTarget),
    /// By the URL of its API.
    #[cfg(feature = "endpoint")]
    Endpoint(esmeralda_endpoint::bench::EndpointBench),
    /// In a container that is still to be started.
    #[cfg(feature = "containers")]
    Container(Box<esmeralda_containers::order::Order>),
}

/// Does the same with the bench of any kind of target: `with_bench!(chosen, bench => …)`. A container runs meanwhile.
macro_rules! with_bench {
    ($chosen:expr, $bench:ident => $body:expr) => {
        match $chosen {
            $crate::target::Chosen::Machine($bench) => $body,
            $crate::target::Chosen::Command($bench) => $body,
            #[cfg(feature = "endpoint")]
            $crate::target::Chosen::Endpoint($bench) => $body,
            #[cfg(feature = "containers")]
            $crate::target::Chosen::Container(order) => {
                let running = $crate::target::started(order)?;
                let $bench = running.bench();
                $body
            }
        }
    };
}
pub(crate) use with_bench;

impl Chosen {
    /// As it was typed.
    pub(crate) fn name(&self) -> &str {
        match self {
            Chosen::Machine(target) => &target.name,
            Chosen::Command(target) => target.name(),
            #[cfg(feature = "endpoint")]
            Chosen::Endpoint(bench) => bench.name(),
            #[cfg(feature = "containers")]
            Chosen::Container(order) => order.name(),
        }
    }

    /// As it is to be typed: in quotes where a shell would take it apart.
    pub(crate) fn typed(&self) -> Cow<'_, str> {
        shell_words::quote(self.name())
    }

    /// The same with every line of a child checked.
    pub(crate) fn checked(self) -> Result<Chosen, CliError> {
        match self {
            Chosen::Command(target) => {
                let checked = target.checked().map_err(|error| CliError::BadInput(error.to_string()))?;
                Ok(Chosen::Command(checked))
            }
            other => {
                let name = other.name();
                Err(CliError::BadInput(format!(
                    "--check-protocol is for command targets, and {name} is none"
                )))
            }
        }
    }

    /// Whether it may be used: nothing is made elsewhere by mistake.
    #[cfg(feature = "endpoint")]
    pub(crate) fn permit(&self, allow_remote: bool) -> Result<(), CliError> {
        match self {
            Chosen::Machine(_) | Chosen::Command(_) => Ok(()),
            Chosen::Endpoint(bench) => {
                let permitted = bench.address().permit(allow_remote);
                permitted.map_err(|error| CliError::BadInput(error.to_string()))
            }
            #[cfg(feature = "containers")]
            Chosen::Container(_) => Ok(()),
        }
    }
}

#[cfg(feature = "endpoint")]
fn endpoint(argument: &str) -> Result<Chosen, String> {
    use esmeralda_endpoint::{address::Address, bench::EndpointBench};
    let address = Address::parse(argument).map_err(|error| error.to_string())?;
    Ok(Chosen::Endpoint(EndpointBench::new(address)))
}

#[cfg(not(feature = "endpoint"))]
fn endpoint(_: &str) -> Result<Chosen, String> {
    Err(crate::features::without("endpoint"))
}

#[cfg(feature = "containers")]
fn container(argument: &str) -> Result<Chosen, String> {
    let order = esmeralda_containers::order::Order::parse(argument).map_err(|error| error.to_string())?;
    Ok(Chosen::Container(Box::new(order)))
}

#[cfg(not(feature = "containers"))]
fn container(_: &str) -> Result<Chosen, String> {
    Err(crate::features::without("containers"))
}

/// Starts the container of a target, and waits until it is ready.
#[cfg(feature = "containers")]
pub(crate) fn started(
    order: &esmeralda_containers::order::Order,
) -> Result<esmeralda_containers::running::Running, CliError> {
    let stop = crate::interrupt::stop();
    let running = esmeralda_containers::running::Running::start(order, &stop);
    running.map_err(|error| CliError::CouldNotRun(format!("could not run: {error}")))
}

/// Reads a target.
pub(crate) fn parse(text: &str) -> Result<Chosen, String> {
    let (kind, argument) = text.split_once(':').map_or((text, None), |(kind, rest)| (kind, Some(rest)));
    let named = |target: MachineTarget| Chosen::Machine(MachineTarget { name: text.to_owned(), ..target });
    match (kind, argument) {
        ("reference", None) => Ok(named(MachineTarget::reference(Policy::AWS))),
        ("reference", Some(policy)) => {
            let policy = Policy::parse(policy).ok_or_else(|| no_policy(policy))?;
            Ok(named(MachineTarget::reference(policy)))
        }
        ("mutant", Some(name)) => {
            let mutant = find_mutant(name).ok_or_else(|| no_mutant(name))?;
            Ok(named(MachineTarget::mutant(mutant.fault)))
        }
        ("command", Some(command)) => self::command(text, command, None),
        (kind, Some(command)) if kind.starts_with("command,") => {
            let wait = kind.strip_prefix("command,timeout=").ok_or_else(|| {
                format!(
                    "{kind:?} is no kind of target: expected command:PROGRAM or command,timeout=TIME:PROGRAM"
                )
            })?;
            self::command(text, command, Some(crate::args::time(wait)?))
        }
        ("endpoint", argument) => endpoint(argument.unwrap_or_default()),
        ("container", argument) => container(argument.unwrap_or_default()),
        ("mutant", None) => Err("a mutant has a name: see esmeralda list mutants".to_owned()),
        _ => {
            let kinds: Vec<&str> = KINDS.iter().map(|(syntax, _)| *syntax).collect();
            Err(format!("there is no such kind of target: expected {}", kinds.join(", ")))
        }
    }
}

fn command(text: &str, command: &str, wait: Option<Duration>) -> Result<Chosen, String> {
    CommandTarget::command(text, command, wait).map(Chosen::Command).map_err(|error| error.to_string())
}

fn no_policy(text: &str) -> String {
    let fields: Vec<&str> = FIELDS.iter().map(|(_, field, _)| *field).collect();
    format!(
        "there is no policy {text:?}: expected aws or plain, and then +FIELD=VARIANT, with a field of {}; see \
         esmeralda list policies",
        fields.join(", ")
    )
}

fn no_mutant(text: &str) -> String {
    // The one that shares most letters in a row from the beginning helps with typing errors at the end.
    let shared = |name: &str| name.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
    let close = MUTANTS.iter().map(|mutant| mutant.name).max_by_key(|name| shared(name));
    let hint = close.filter(|name| shared(name) >= 3).map(|name| format!(", perhaps {name}"));
    format!("there is no mutant {text:?}{}: see esmeralda list mutants", hint.unwrap_or_default())
}
