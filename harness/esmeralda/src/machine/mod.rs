//! The in-tree targets: the reference, under any policy, and every mutant, in virtual time.
//!
//! The machine knows no case; here is the world around it: the stream, the function service and the destination.

mod documents;
mod serve;
mod session;
mod stream;

pub(crate) use documents::event_records;
pub use documents::{label_data, response_text};
pub use session::MachineSession;
pub(crate) use stream::Stream;

use crate::ports::Ports;
use crate::target::{Profile, Target, TargetError};
use esm_model::case::Case;
use esm_model::reference::{Fault, Policy};
use esm_model::setup::Setup;
use std::rc::Rc;

/// The reference under a policy, with a fault or without.
#[derive(Debug, Clone)]
pub struct MachineTarget {
    /// Its name on the command line.
    pub name: String,
    /// How it decides what the documents leave open.
    pub policy: Policy,
    /// What it does wrong.
    pub fault: Option<Fault>,
    /// Whether documents and events are written as texts.
    pub texts: bool,
}

impl MachineTarget {
    /// The reference under this policy.
    pub fn reference(policy: Policy) -> MachineTarget {
        MachineTarget { name: "reference".to_owned(), policy, fault: None, texts: false }
    }

    /// A mutant: what shows only in documents makes it write texts.
    pub fn mutant(fault: Fault) -> MachineTarget {
        let name = format!("mutant:{fault:?}");
        MachineTarget { name, policy: fault.base(), fault: Some(fault), texts: fault.in_documents() }
    }

    /// The same target with texts, or without.
    pub fn with_texts(self, texts: bool) -> MachineTarget {
        MachineTarget { texts: texts || self.fault.is_some_and(Fault::in_documents), ..self }
    }
}

impl Target for MachineTarget {
    type Session = MachineSession;

    fn profile(&self) -> Profile {
        Profile { name: self.name.clone(), texts: self.texts, wall: false }
    }

    async fn open(
        &self,
        case: &Rc<Case>,
        setup: Option<&Rc<Setup>>,
        ports: Ports,
    ) -> Result<MachineSession, TargetError> {
        Ok(MachineSession::new(self, case.clone(), setup, ports))
    }
}
