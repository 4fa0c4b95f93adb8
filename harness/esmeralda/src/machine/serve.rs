//! What a machine asks of its world, and what it gets: reads of the stream, calls of the function, failure records
//! written. Time, and what the case does to the world, is in `session`.

use super::documents::{event_records, response_text, typed};
use super::session::{Pending, World};
use crate::documents::Documents;
use crate::ports::Call;
use esm_model::answer::{Answer, Identifier, Response};
use esm_model::case::PAYLOAD_LIMIT;
use esm_model::event::Batch;
use esm_model::reference::{Fault, FunctionResult, Input, Named, Output, Position, Request, Value, Write};
use esm_model::when::When;

/// Most things asked for at one instant; more means that a machine does not let time pass.
const MAX_OUTPUTS: usize = 1_000_000;

/// Most calls of a case that are refused as too large: as many as take longer than the longest admitted stall.
const TOO_LARGE_TRIES: u32 = 1_000;

impl World {
    /// Does what the machine asked for, until it asks for nothing more.
    pub(super) fn serve(&mut self, mapping: usize) {
        // What it asks for meanwhile comes behind the rest.
        for next in 0..MAX_OUTPUTS {
            let Some(output) = self.out.get_mut(next) else {
                self.out.clear();
                return;
            };
            match std::mem::replace(output, Output::WakeAt(self.now)) {
                Output::Fetch { shard, position, limit } => self.fetch(mapping, shard, position, limit),
                Output::Invoke(request) => self.invoke(mapping, request),
                Output::Write(write) => self.write(mapping, &write),
                Output::WakeAt(at) => self.slots[mapping].wake(at),
                Output::Checkpoint { shard, sequence } => {
                    if self.fault == Some(Fault::MappingsSharePosition) {
                        self.shared[usize::from(shard)] = Some(sequence);
                    }
                }
            }
        }
        unreachable!("a machine asked for {MAX_OUTPUTS} things at one instant");
    }

    fn fetch(&mut self, mapping: usize, shard: u8, mut position: Position, limit: u32) {
        if let Some(done) = &self.shared[usize::from(shard)] {
            let behind = match &position {
                Position::After(sequence) => sequence < done,
                _ => true,
            };
            if behind && mapping > 0 {
                position = Position::After(done.clone());
            }
        }
        let (records, more) = self.stream.read(shard, &position, limit, self.now);
        let Some(machine) = &mut self.slots[mapping].machine else { return };
        machine.input(self.now, Input::Fetched { shard, records, more }, &mut self.out);
    }

    fn invoke(&mut self, mapping: usize, request: Request) {
        self.last = self.now;
        let slot = &self.slots[mapping];
        let Some(machine) = &slot.machine else { return };
        let lies = match self.fault {
            Some(Fault::PayloadLimitIgnored) => request.records() > 1,
            Some(Fault::OversizedDelivered) => request.records() == 1,
            _ => false,
        };
        let refused = if self.now < slot.throttled_until {
            Some(FunctionResult::Throttled)
        } else if self.now < slot.failing_until {
            Some(FunctionResult::ServiceError)
        } else if request.size > PAYLOAD_LIMIT && !lies {
            Some(FunctionResult::TooLarge)
        } else {
            None
        };
        let shard = request.shard;
        let (at, reached, result) = match refused {
            Some(result) => {
                // A record that never fits is tried for ever where no limit is set: such tries use the case up too.
                if result == FunctionResult::TooLarge {
                    self.too_large += 1;
                    self.used_up |= self.too_large >= TOO_LARGE_TRIES;
                }
                (self.now, None, result)
            }
            None => {
                let held = machine.batch(&request);
                let records: Batch = held.iter().filter_map(|h| self.stream.label(&h.sequence)).collect();
                let text = self.documents.as_ref().map(|d| d.event(shard, &event_records(held, &records)));
                let counts = records.first().and_then(|label| self.case.shard_of(*label)).unwrap_or(shard);
                let call = Call { mapping: mapping as u8, request: Some(request.id), records, text };
                let reply = self.ports.invoke(When::at(self.now), call);
                self.count(mapping, counts);
                let (result, text) = self.result(&reply.answer);
                (self.now + reply.takes, Some((reply.id, reply.answer, text)), result)
            }
        };
        self.order += 1;
        let order = self.order;
        self.pending.push(Pending {
            at,
            order,
            mapping: mapping as u8,
            shard,
            request: request.id,
            reached,
            result,
        });
    }

    /// One more call of a shard. When they are used up, the case is cut: what is in hand at this moment is still
    /// done, as whoever works at the other end of a wire would do it.
    fn count(&mut self, mapping: usize, shard: u8) {
        let calls = &mut self.slots[mapping].invocations[usize::from(shard)];
        *calls += 1;
        self.used_up |= *calls >= self.case.max_invocations;
    }

    /// What the service reports of an answer: through text where texts are used.
    fn result(&self, answer: &Answer) -> (FunctionResult, Option<Box<str>>) {
        let response = match answer {
            Answer::Raised => return (FunctionResult::Raised, None),
            Answer::TimedOut => return (FunctionResult::TimedOut, None),
            Answer::Crashed => return (FunctionResult::Crashed, None),
            Answer::Returned(response) => response,
        };
        if self.documents.is_some() {
            let text = response_text(response, |label| self.stream.sequence(label));
            let value = Documents::read_response(&text);
            return (FunctionResult::Returned(value), Some(text));
        }
        let named = |identifier: &Identifier| match identifier {
            Identifier::Record(label) => self.stream.sequence(*label).map_or(Named::Wrong, Named::Sequence),
            Identifier::Empty => Named::Empty,
            Identifier::Null => Named::Null,
            Identifier::Missing => Named::Missing,
            Identifier::WrongType | Identifier::Unknown => Named::Wrong,
        };
        let value = match response {
            Response::Null => Value::Null,
            Response::EmptyString => Value::EmptyString,
            Response::EmptyList => Value::EmptyList,
            Response::EmptyObject => Value::EmptyObject,
            Response::ItemsNull => Value::ItemsNull,
            Response::Items(items) => Value::Items(items.iter().map(named).collect()),
            Response::ItemsOfWrongType | Response::Unrecognised(_) => Value::Other,
        };
        (FunctionResult::Returned(value), None)
    }

    fn write(&mut self, mapping: usize, write: &Write) {
        self.last = self.now;
        let slot = &mut self.slots[mapping];
        let Some(machine) = &mut slot.machine else { return };
        let accepted = self.now >= slot.refusing_until;
        let destination = machine.versions[usize::from(write.version)].destination.clone();
        if let Some(destination) = destination.filter(|_| accepted) {
            let known = slot.destinations.iter().position(|known| *known == destination);
            let index = known.unwrap_or(slot.destinations.len()) as u8;
            let document = match &self.documents {
                Some(documents) => documents.document(mapping, write, &destination, || {
                    let labels: Batch =
                        write.records.iter().filter_map(|held| self.stream.label(&held.sequence)).collect();
                    documents.event(write.shard, &event_records(&write.records, &labels)).into_string()
                }),
                None => typed(&self.stream, write),
            };
            self.ports.deliver(When::at(self.now), mapping as u8, index, document);
        }
        self.tell(mapping, Input::Written { token: write.token, accepted });
    }
}
