//! Endpoints for a campaign: each thread has a runtime of its own, and connects when it needs to.

use crate::address::Address;
use crate::bounds::Bounds;
use crate::clean::{self, Cleaned};
use crate::control::EndpointPlane;
use crate::functions::token;
use crate::journal::{Journal, state_dir};
use crate::session::EndpointSession;
use crate::site::{Run, Site};
use esm_model::case::Case;
use esm_model::mapping::SourceKind;
use esm_model::setup::Setup;
use esmeralda::bench::{Bench, Wide};
use esmeralda::control::{Boxed, Plane, Planes};
use esmeralda::ports::Ports;
use esmeralda::probe::Proposal;
use esmeralda::target::{Profile, Target, TargetError};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::LocalSet;

thread_local! {
    /// The desks of this thread, by run. They stay to the end of the process: a runtime must not go while a thread
    /// takes down what is its own, and there are only as many as threads.
    static DESKS: RefCell<BTreeMap<String, &'static Desk>> = const { RefCell::new(BTreeMap::new()) };
}

/// A thread's way to one endpoint.
struct Desk {
    runtime: Runtime,
    local: LocalSet,
    site: OnceCell<Rc<Site>>,
}

/// One endpoint under test. What was made there is removed when the last clone goes.
#[derive(Debug, Clone)]
pub struct EndpointBench(Arc<Endpoint>);

#[derive(Debug)]
struct Endpoint {
    name: String,
    run: Arc<Run>,
}

impl EndpointBench {
    /// An endpoint, with its journal where such are kept. Nothing happens there before the first case.
    pub fn new(address: Address) -> EndpointBench {
        let name = format!("endpoint:{}", address.typed);
        EndpointBench::named(name, address, &state_dir())
    }

    /// The same, with its journal in another directory.
    pub fn with_journals(address: Address, dir: &Path) -> EndpointBench {
        let name = format!("endpoint:{}", address.typed);
        EndpointBench::named(name, address, dir)
    }

    /// An endpoint in a container that is removed at the end, under the name of that target. What is made there goes
    /// with it, so that nobody looks for its journal.
    pub fn in_container(address: Address, name: String) -> EndpointBench {
        EndpointBench::named(name, address, &std::env::temp_dir())
    }

    fn named(name: String, address: Address, journals: &Path) -> EndpointBench {
        let id = token()[..8].to_owned();
        let journal = Journal::new(journals, &id, &address.typed);
        let few = Semaphore::new(usize::from(address.preset.overlap.get()));
        let run = Run { address, id, journal, count: AtomicU32::new(0), few };
        EndpointBench(Arc::new(Endpoint { name, run: Arc::new(run) }))
    }

    /// Where it is, and how it is dealt with.
    pub fn address(&self) -> &Address {
        &self.0.run.address
    }

    /// How long things take there.
    pub fn bounds(&self) -> &Bounds {
        &self.0.run.address.preset.bounds
    }

    /// As it is typed.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    fn desk(&self) -> &'static Desk {
        DESKS.with_borrow_mut(|desks| {
            let fresh = || {
                let runtime = Builder::new_current_thread().enable_all().build();
                let runtime = runtime.expect("the system lets a process wait for its sockets");
                let desk = Desk { runtime, local: LocalSet::new(), site: OnceCell::new() };
                &*Box::leak(Box::new(desk))
            };
            *desks.entry(self.0.run.id.clone()).or_insert_with(fresh)
        })
    }
}

impl Bench for EndpointBench {
    type Target = EndpointTarget;

    fn target(&self, _texts: bool) -> EndpointTarget {
        EndpointTarget { name: self.name().to_owned(), run: self.0.run.clone(), desk: self.desk() }
    }

    fn wait<F: Future>(&self, future: F) -> F::Output {
        let desk = self.desk();
        desk.local.block_on(&desk.runtime, future)
    }

    fn planes(&self) -> Option<Box<dyn Planes + '_>> {
        Some(Box::new(self.target(true)))
    }

    fn preset(&self, proposal: &Proposal) -> Option<String> {
        let mut preset = self.address().preset.clone();
        preset.bounds.settle_ms = proposal.settle_ms;
        preset.bounds.deadline_ms = proposal.deadline_ms;
        preset.bounds.update_settle_ms = proposal.update_settle_ms;
        preset.bounds.sessions = proposal.sessions.unwrap_or(preset.bounds.sessions);
        let has = &mut preset.capabilities;
        let known = [
            ("kinesis", &mut has.kinesis),
            ("dynamodb", &mut has.dynamodb),
            ("sqs", &mut has.sqs),
            ("sns", &mut has.sns),
            ("s3", &mut has.s3),
            ("throttle", &mut has.throttle),
            ("qualifiers", &mut has.qualifiers),
        ];
        for (name, has) in known {
            *has &= proposal.capabilities.get(name).copied().unwrap_or(true);
        }
        Some(preset.to_text())
    }

    fn wide(&self) -> Option<Wide> {
        let bounds = self.bounds();
        Some(Wide { sessions: usize::from(bounds.sessions), longest_ms: bounds.longest_case_ms })
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        if self.run.journal.there().is_empty() {
            return;
        }
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
        let cleaned = runtime.block_on(clean::journal(&self.run.address, &self.run.journal));
        tell_kept(&cleaned);
    }
}

/// Says what remains, with the way to remove it.
#[expect(clippy::print_stderr, reason = "this is the end of a run: nobody is left who could be told")]
fn tell_kept(cleaned: &Cleaned) {
    if let Some((made, why)) = cleaned.kept.first() {
        let count = cleaned.kept.len();
        eprintln!(
            "left behind: {count} things, such as {:?} {} ({why}); remove them with esmeralda clean",
            made.kind, made.id
        );
    }
}

/// An endpoint on one thread.
pub struct EndpointTarget {
    name: String,
    run: Arc<Run>,
    desk: &'static Desk,
}

impl EndpointTarget {
    async fn site(&self) -> Result<Rc<Site>, TargetError> {
        let connect = async || Site::open(self.run.clone()).await.map(Rc::new);
        self.desk.site.get_or_try_init(connect).await.cloned()
    }
}

impl Planes for EndpointTarget {
    fn open<'a>(&'a self, source: SourceKind) -> Boxed<'a, Result<Box<dyn Plane + 'a>, TargetError>> {
        Box::pin(async move {
            let plane = EndpointPlane::open(self.site().await?, source).await?;
            Ok(Box::new(plane) as Box<dyn Plane>)
        })
    }
}

impl Target for EndpointTarget {
    type Session = EndpointSession;

    fn profile(&self) -> Profile {
        Profile { name: self.name.clone(), texts: true, wall: true }
    }

    async fn open(
        &self,
        case: &Rc<Case>,
        _setup: Option<&Rc<Setup>>,
        ports: Ports,
    ) -> Result<EndpointSession, TargetError> {
        EndpointSession::open(self.site().await?, case.clone(), ports).await
    }
}
