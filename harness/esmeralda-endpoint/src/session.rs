//! One case at an endpoint: a fresh stream, destinations and mappings, driven by the wall clock.

use crate::functions::Function;
use crate::hub::Hub;
use crate::journal::Kind;
use crate::mailbox::{self, Mailbox};
use crate::mapping::{self, Change, Making, Wanted};
use crate::site::Site;
use crate::source::{Source, bound};
use crate::{clean, needs};
use esm_model::case::{Action, Case, Patch};
use esm_model::mapping::Destination;
use esm_model::setup::{MappingSetup, Setup};
use esm_model::when::{Ms, Span, When};
use esmeralda::ports::Ports;
use esmeralda::target::{Acted, Ran, Seen, Session, Stimulus, TargetError};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How often a session that waits looks whether it may stop, if nothing happens.
const TURN: Duration = Duration::from_millis(250);
/// How often it asks whether what was seen is red already.
const ASK_AGAIN_MS: Ms = 5_000;

/// A session at an endpoint.
pub struct EndpointSession {
    site: Rc<Site>,
    case: Rc<Case>,
    hub: Rc<Hub>,
    source: Source,
    slots: Vec<Slot>,
    tasks: Vec<JoinHandle<()>>,
    /// Whether what was seen is red already, and when that was asked last.
    red: Cell<(bool, Ms)>,
}

/// A mapping and what is its own.
struct Slot {
    function: Rc<Function>,
    /// Whether no other session has it.
    own: bool,
    /// The ARN that the mapping names, and the version behind it.
    named: (String, String),
    /// By the destination of the case that each stands for.
    mailboxes: Vec<(Destination, Rc<Mailbox>)>,
    /// While it is being created.
    making: Option<Making>,
    uuid: Option<String>,
    /// `FunctionArn` as the mapping tells it.
    told: Option<String>,
}

impl Slot {
    /// Waits for the mapping that is being created, if one is.
    async fn made(&mut self) -> Result<(), TargetError> {
        let Some(making) = &mut self.making else { return Ok(()) };
        let made = making.await;
        self.making = None;
        let (uuid, told) = made.map_err(|_| broken("a creation was given up"))??;
        (self.uuid, self.told) = (Some(uuid), told);
        Ok(())
    }
}

impl EndpointSession {
    pub(crate) async fn open(
        site: Rc<Site>,
        case: Rc<Case>,
        ports: Ports,
    ) -> Result<EndpointSession, TargetError> {
        needs::check(&case, &site.run.address.preset)?;
        let source = Source::open(&site, &case).await?;
        let bounds = site.run.address.preset.bounds.clone();
        let hub = Rc::new(Hub::new(case.clone(), source.shard_ids(), ports, bounds, site.wall));
        let mut session = EndpointSession {
            site,
            case,
            hub,
            source,
            slots: Vec::new(),
            tasks: Vec::new(),
            red: Cell::default(),
        };
        match session.furnish().await {
            Ok(()) => Ok(session),
            Err(error) => {
                session.close().await?;
                Err(error)
            }
        }
    }

    /// Makes everything beside the stream that exists before the case begins.
    async fn furnish(&mut self) -> Result<(), TargetError> {
        let (sender, calls) = mpsc::unbounded_channel();
        for index in 0..self.case.mappings.len() {
            let slot = self.slot(index).await?;
            let arn = self.source.arn();
            self.site.listener.open(&slot.function.token, arn, index as u8, sender.clone());
            self.slots.push(slot);
        }
        // The case begins when all is there.
        let hub = Rc::get_mut(&mut self.hub).ok_or_else(|| broken("a session began twice"))?;
        hub.epoch_ms = self.site.wall.epoch_ms();
        self.tasks.push(tokio::task::spawn_local(self.hub.clone().serve(calls)));
        for (index, slot) in self.slots.iter().enumerate() {
            for (number, (_, known)) in slot.mailboxes.iter().enumerate() {
                let watching = mailbox::watch(
                    self.site.clone(),
                    self.hub.clone(),
                    known.clone(),
                    index as u8,
                    number as u8,
                );
                self.tasks.push(tokio::task::spawn_local(watching));
            }
        }
        Ok(())
    }

    async fn slot(&self, index: usize) -> Result<Slot, TargetError> {
        let (site, case) = (&self.site, &self.case);
        let own = needs::throttles(case, index);
        let function = match own {
            true => Function::own(site, case.function.timeout_ms).await?,
            false => site.functions.shared(site, index as u8, case.function.timeout_ms).await?,
        };
        let mut slot = Slot {
            named: (function.arn.clone(), "$LATEST".to_owned()),
            function,
            own,
            mailboxes: Vec::new(),
            making: None,
            uuid: None,
            told: None,
        };
        if let Some(qualifier) = &case.mappings[index].qualifier {
            slot.named = slot.function.qualified(site, qualifier).await?;
        }
        for destination in needs::destinations(case, index) {
            let mailbox = Mailbox::open(site, destination.kind()).await?;
            slot.mailboxes.push((destination, Rc::new(mailbox)));
        }
        Ok(slot)
    }

    fn now(&self) -> Ms {
        self.hub.now()
    }

    /// The instant between two readings of a clock of whole milliseconds.
    fn span(began: Ms, ended: Ms) -> Span {
        Span { began: When::at(began), ended: When::at(ended) }
    }

    async fn create(&mut self, index: u8) -> Result<(), TargetError> {
        let settings = &self.case.mappings[usize::from(index)].settings;
        let slot = &mut self.slots[usize::from(index)];
        let wanted = Wanted {
            stream: self.source.arn(),
            function: &slot.named.0,
            destination: mailbox_arn(slot, settings.destination.as_ref()),
            epoch_ms: self.hub.epoch_ms,
        };
        let request = mapping::request(&self.site, settings, &wanted);
        slot.making = Some(mapping::create(self.site.clone(), request));
        slot.made().await
    }

    async fn step(&mut self, action: &Action, begins: bool) -> Result<(), TargetError> {
        let index = usize::from(action.mapping());
        let slot = &self.slots[index];
        let uuid = || slot.uuid.as_deref().ok_or_else(|| broken("a mapping is changed before it is created"));
        match action {
            Action::Throttle { .. } => slot.function.throttle(&self.site, begins).await,
            Action::ServiceError { .. } => {
                self.hub.failing.borrow_mut()[index] = begins;
                Ok(())
            }
            Action::RefuseWrites { .. } => Err(broken("refused writes were to be unsupported")),
            Action::Disable { .. } => mapping::update(&self.site, uuid()?, &Change::Enabled(false)).await,
            Action::Enable { .. } => mapping::update(&self.site, uuid()?, &Change::Enabled(true)).await,
            Action::Update { set, .. } => {
                let arn = set.destination.as_deref().map(|arn| named_arn(slot, arn)).transpose()?;
                mapping::update(&self.site, uuid()?, &Change::Settings(set as &Patch, arn)).await
            }
        }
    }

    /// Removes what the session made. A creation that was given up half way is waited for as long as a request takes.
    async fn tidy(&mut self, patience: Duration) {
        let journal = &self.site.run.journal;
        for slot in &mut self.slots {
            let _ = tokio::time::timeout(patience, slot.made()).await;
            if let Some(uuid) = &slot.uuid
                && clean::remove(&self.site.clients, Kind::Mapping, uuid).await.is_ok()
            {
                journal.gone(Kind::Mapping, uuid);
            }
        }
        for slot in &self.slots {
            let name = &slot.function.name;
            if slot.own && clean::remove(&self.site.clients, Kind::Function, name).await.is_ok() {
                journal.gone(Kind::Function, name);
            }
            for (_, mailbox) in &slot.mailboxes {
                mailbox.close(&self.site).await;
            }
        }
        self.source.close(&self.site).await;
    }

    /// A mapping was changed just now.
    fn changes(&self) {
        let in_force = self.now() + self.site.run.address.preset.bounds.update_settle_ms;
        self.hub.watch.borrow_mut().changed(in_force);
    }

    /// Whether what was seen is red already, whatever comes.
    fn is_red(&self, now: Ms) -> bool {
        let (red, asked) = self.red.get();
        if !red && now - asked >= ASK_AGAIN_MS {
            self.red.set((self.hub.ports.is_red(now, self.names().as_ref()), now));
        }
        self.red.get().0
    }

    /// Whether the session may stop waiting after its last stimulus.
    fn ended(&self, since: Ms) -> Option<Ran> {
        let now = self.now();
        let bounds = &self.site.run.address.preset.bounds;
        let watch = self.hub.watch.borrow();
        let settled = now - watch.silent_since().max(since) > bounds.settle_ms;
        let lulled = !watch.must_settle() && now - watch.last.max(since) >= bounds.lull_ms;
        if watch.is_through() && (settled || lulled) {
            return Some(Ran::Quiet(now));
        }
        // Without a sentinel nothing tells that the end was reached.
        let unclosed = self.case.closing_at.is_none() && settled;
        // What is red need not be waited for as long as what may only be slow.
        let shown = now - since.max(watch.too_old_ms) > bounds.settle_ms && self.is_red(now);
        (unclosed || shown || now - since >= bounds.deadline_ms).then_some(Ran::Deadline(now))
    }
}

impl Session for EndpointSession {
    async fn act(&mut self, _at: Ms, stimulus: Stimulus<'_>) -> Result<Acted, TargetError> {
        let began = self.now();
        let mut put = Vec::new();
        match stimulus {
            Stimulus::Create(index) => {
                self.create(index).await?;
                self.changes();
            }
            Stimulus::Put(labels) => {
                let landed = self.source.put(&self.site, &self.case, labels).await?;
                let clock_ms = self.site.run.address.preset.bounds.clock_ms;
                put = bound(landed, self.hub.epoch_ms, clock_ms);
                self.hub.put(&put);
            }
            Stimulus::Step(action) => {
                self.step(action, true).await?;
                self.changes();
            }
            Stimulus::End(action) => self.step(action, false).await?,
        }
        Ok(Acted { at: Self::span(began, self.now()), put })
    }

    async fn run(&mut self, until: Ms) -> Result<Ran, TargetError> {
        let waits_for_end = until > self.case.horizon_ms;
        let since = self.now();
        loop {
            let seen = self.hub.seen.notified();
            {
                let watch = self.hub.watch.borrow();
                if let Some(why) = &watch.broken {
                    return Err(TargetError::CouldNotRun(why.clone()));
                }
                if let Some(cut) = watch.cut {
                    self.hub.end();
                    return Ok(Ran::Cut(self.now().max(cut)));
                }
            }
            let left = until - self.now();
            if !waits_for_end && left <= 0 {
                return Ok(Ran::Reached);
            }
            if waits_for_end && let Some(ran) = self.ended(since) {
                self.hub.end();
                return Ok(ran);
            }
            let turn = match waits_for_end {
                true => TURN,
                false => Duration::from_millis(left.unsigned_abs()),
            };
            // Ends by the clock at the latest: each turn is bounded, and so are `ended` and `until`.
            let _ = tokio::time::timeout(turn, seen).await;
        }
    }

    fn names(&self) -> Option<Setup> {
        let preset = &self.site.run.address.preset;
        let one = |slot: &Slot| MappingSetup {
            uuid: slot.uuid.clone().unwrap_or_default(),
            function_arn: slot.named.0.clone(),
            executed_version: slot.named.1.clone(),
        };
        Some(Setup {
            region: preset.region.clone(),
            stream_arn: self.source.arn().to_owned(),
            role_arn: preset.role.clone(),
            shard_ids: self.source.shard_ids(),
            mappings: self.slots.iter().map(one).collect(),
            bounds: preset.bounds.of_traces(),
            epoch_ms: self.hub.epoch_ms,
        })
    }

    async fn close(mut self) -> Result<(), TargetError> {
        self.hub.end();
        self.site.listener.close(self.source.arn());
        self.tasks.iter().for_each(JoinHandle::abort);
        let bounds = &self.site.run.address.preset.bounds;
        let limit = |ms: Ms| Duration::from_millis(ms.unsigned_abs());
        let (request, whole) = (limit(bounds.request_ms), limit(bounds.request_ms + bounds.setup_ms));
        // What cannot be removed now stays in the journal: the trace is worth more than a tidy end.
        let _ = tokio::time::timeout(whole, self.tidy(request)).await;
        Ok(())
    }

    async fn status(&mut self, _at: Ms, index: u8) -> Result<Option<Seen>, TargetError> {
        let Some(uuid) = &self.slots[usize::from(index)].uuid else { return Ok(None) };
        let began = self.now();
        let (state, result) = mapping::status(&self.site, uuid).await?;
        Ok(Some(Seen { at: When { earliest: began, latest: self.now() }, state, result }))
    }
}

fn broken(what: &str) -> TargetError {
    TargetError::CouldNotRun(what.to_owned())
}

/// The ARN of the destination made for one of the case.
fn mailbox_arn<'s>(slot: &'s Slot, destination: Option<&Destination>) -> Option<&'s str> {
    let destination = destination?;
    slot.mailboxes.iter().find(|(known, _)| known == destination).map(|(_, mailbox)| mailbox.arn.as_str())
}

/// The same for an ARN of an update, where an empty text removes the destination.
fn named_arn<'s>(slot: &'s Slot, arn: &str) -> Result<&'s str, TargetError> {
    if arn.is_empty() {
        return Ok("");
    }
    let found = slot.mailboxes.iter().find(|(known, _)| known.arn() == arn);
    found
        .map(|(_, mailbox)| mailbox.arn.as_str())
        .ok_or_else(|| broken("an update names an unknown destination"))
}
