//! Cases made from an index, and a target that does not always do what it is asked to.

use esm_model::case::{Case, CaseMapping, FORMAT, Function, Record};
use esm_model::mapping::Mapping;
use esm_model::reference::{Policy, find_mutant};
use esm_model::script::{Behaviour, How};
use esm_model::setup::Setup;
use esmeralda::bench::Bench;
use esmeralda::machine::{MachineSession, MachineTarget};
use esmeralda::ports::Ports;
use esmeralda::target::{Profile, Target, TargetError};
use esmeralda::virtual_time::ready;
use std::future::Future;
use std::rc::Rc;

/// A small case: the record in the middle fails twice.
pub(crate) fn case(index: u64) -> Case {
    let record = |n: u64| Record {
        behaviour: (n == 2).then_some(Behaviour { how: How::Raise, times: Some(2) }),
        ..Record::healthy(10 * n as i64)
    };
    Case {
        format: FORMAT,
        source: esm_model::mapping::SourceKind::Kinesis,
        shards: 1,
        retention_ms: 86_400_000,
        function: Function::default(),
        mappings: vec![CaseMapping {
            created_at: 0,
            qualifier: None,
            settings: Mapping { batch_size: 2, maximum_retry_attempts: Some(1), ..Mapping::default() },
        }],
        records: (0..4 + index % 3).map(record).collect(),
        actions: Vec::new(),
        closing_at: Some(100_000),
        horizon_ms: 900_000,
        max_invocations: 64,
    }
}

pub(crate) fn mutant(name: &str) -> MachineTarget {
    MachineTarget::mutant(find_mutant(name).expect("a mutant of that name").fault)
}

pub(crate) fn reference() -> MachineTarget {
    MachineTarget::reference(Policy::AWS)
}

/// The reference, except for cases of some sizes.
#[derive(Clone)]
pub(crate) struct Moody {
    pub(crate) inner: MachineTarget,
    /// Cases with so many records are not supported.
    pub(crate) unsupported: usize,
    /// Cases with so many records break down.
    pub(crate) breaks: usize,
    /// Cases with so many records make it panic.
    pub(crate) panics: usize,
}

impl Moody {
    pub(crate) fn new(inner: MachineTarget) -> Moody {
        Moody { inner, unsupported: usize::MAX, breaks: usize::MAX, panics: usize::MAX }
    }
}

impl Target for Moody {
    type Session = MachineSession;

    fn profile(&self) -> Profile {
        self.inner.profile()
    }

    async fn open(
        &self,
        case: &Rc<Case>,
        setup: Option<&Rc<Setup>>,
        ports: Ports,
    ) -> Result<MachineSession, TargetError> {
        let records = case.records.len();
        assert_ne!(records, self.panics, "no mood for {records} records");
        if records == self.unsupported {
            return Err(TargetError::Unsupported(format!("{records} records")));
        }
        if records == self.breaks {
            return Err(TargetError::CouldNotRun("the lights went out".to_owned()));
        }
        self.inner.open(case, setup, ports).await
    }
}

impl Bench for Moody {
    type Target = Moody;

    fn target(&self, texts: bool) -> Moody {
        Moody { inner: self.inner.clone().with_texts(texts), ..self.clone() }
    }

    fn wait<F: Future>(&self, future: F) -> F::Output {
        ready(future)
    }
}
