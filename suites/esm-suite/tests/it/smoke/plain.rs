//! A poller that calls the function once for each record and never again, through an adapter that may slip.

use esm_model::answer::Answer;
use esm_model::case::Case;
use esm_model::event::{Batch, Bound};
use esm_model::label::Label;
use esm_model::sequence::SequenceNumber;
use esm_model::setup::Setup;
use esm_model::when::{Ms, Span, When};
use esmeralda::ports::{Call, Ports};
use esmeralda::target::{Acted, Profile, Ran, Session, Stimulus, Target, TargetError};
use std::cell::RefCell;
use std::rc::Rc;

/// What the adapter gets wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    None,
    /// No session opens.
    DoesNotOpen,
    /// A put returns one number too few.
    FewNumbers,
    /// Every record gets the same number.
    EqualNumbers,
    /// Later records get lower numbers.
    FallingNumbers,
    /// Calls do not reach the port.
    NeverCalls,
    /// Calls name the next record.
    OtherLabel,
    /// The first record is called for when the mapping is created.
    CallsEarly,
    /// Answers are not passed on.
    NeverAnswers,
    /// The next session begins with what is in the stream of the one before.
    LeavesRecords,
}

/// The target.
pub(crate) struct Plain {
    slip: Slip,
    stream: Rc<RefCell<Vec<Label>>>,
}

impl Plain {
    pub(crate) fn new(slip: Slip) -> Plain {
        Plain { slip, stream: Rc::default() }
    }
}

impl Target for Plain {
    type Session = PlainSession;

    fn profile(&self) -> Profile {
        Profile { name: format!("{:?}", self.slip), texts: false, wall: false }
    }

    async fn open(
        &self,
        _: &Rc<Case>,
        _: Option<&Rc<Setup>>,
        ports: Ports,
    ) -> Result<PlainSession, TargetError> {
        if self.slip == Slip::DoesNotOpen {
            return Err(TargetError::CouldNotRun("nobody listens".to_owned()));
        }
        if self.slip != Slip::LeavesRecords {
            self.stream.borrow_mut().clear();
        }
        let stream = self.stream.clone();
        Ok(PlainSession { slip: self.slip, ports, stream, called: 0, numbers: 0, created: false, now: 0 })
    }
}

/// One stream and at most one mapping.
pub(crate) struct PlainSession {
    slip: Slip,
    ports: Ports,
    stream: Rc<RefCell<Vec<Label>>>,
    called: usize,
    numbers: i32,
    created: bool,
    now: Ms,
}

impl PlainSession {
    fn call(&mut self, label: Label) {
        let at = When::at(self.now);
        let records = Batch::from_slice(&[label]);
        let reply = self.ports.invoke(at, Call { mapping: 0, request: None, records, text: None });
        if self.slip != Slip::NeverAnswers {
            let takes = if reply.answer == Answer::TimedOut { reply.takes.max(1) } else { reply.takes };
            self.now += takes;
            self.ports.answered(When::at(self.now), reply.id, reply.answer, None);
        }
    }

    fn number(&mut self) -> SequenceNumber {
        self.numbers += 1;
        let number = match self.slip {
            Slip::EqualNumbers => 1,
            Slip::FallingNumbers => 1_000 - self.numbers,
            _ => self.numbers,
        };
        number.to_string().parse().expect("a sequence number")
    }
}

impl Session for PlainSession {
    async fn act(&mut self, at: Ms, stimulus: Stimulus<'_>) -> Result<Acted, TargetError> {
        self.now = self.now.max(at);
        let mut acted = Acted::done(Span::at(self.now));
        match stimulus {
            Stimulus::Create(_) => self.created = true,
            Stimulus::Put(labels) => {
                self.stream.borrow_mut().extend(labels);
                let arrival = When::at(self.now);
                acted.put = labels
                    .iter()
                    .map(|label| Bound { label: *label, sequence: self.number(), arrival })
                    .collect();
                if self.slip == Slip::FewNumbers {
                    acted.put.pop();
                }
            }
            Stimulus::Step(_) | Stimulus::End(_) => {
                return Err(TargetError::Unsupported("steps".to_owned()));
            }
        }
        Ok(acted)
    }

    async fn run(&mut self, until: Ms) -> Result<Ran, TargetError> {
        if self.slip == Slip::CallsEarly
            && self.created
            && self.stream.borrow().is_empty()
            && self.called == 0
        {
            self.called = 1;
            self.call(Label::record(0));
        }
        while self.created && self.slip != Slip::NeverCalls && self.now < until {
            let Some(label) = self.stream.borrow().get(self.called).copied() else { break };
            self.called += 1;
            let other = label.index().filter(|_| self.slip == Slip::OtherLabel);
            self.call(other.map_or(label, |index| Label::record(index + 1)));
        }
        Ok(Ran::Quiet(self.now))
    }

    async fn close(self) -> Result<(), TargetError> {
        Ok(())
    }
}
