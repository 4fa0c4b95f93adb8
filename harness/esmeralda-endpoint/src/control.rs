//! The control plane of an endpoint, for groups of requests: each group gets a stream and a function of its own.
//!
//! Requests are sent as they are, signed like any other: the client's own idea of what is valid is left out.

use crate::clean;
use crate::clients::said;
use crate::functions::Function;
use crate::journal::Kind;
use crate::mailbox::Mailbox;
use crate::site::Site;
use crate::source::Source;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use esm_model::control::{self, World};
use esm_model::mapping::{Arn, DestinationKind, SourceKind};
use esm_model::when::Ms;
use esmeralda::control::{Boxed, Facts, Plane, Reply, Verb, Wire};
use esmeralda::target::TargetError;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The timeout of a group's function, which nobody calls.
const TIMEOUT_MS: Ms = 3_000;
/// What stands where the client wants a name; it is never sent.
const ANY: &str = "any";
/// The alias that groups name.
const ALIAS: &str = "live";

/// One group's part of an endpoint.
pub(crate) struct EndpointPlane {
    site: Rc<Site>,
    facts: Facts,
    source: Source,
    function: Rc<Function>,
    mailboxes: Vec<Mailbox>,
}

impl EndpointPlane {
    pub(crate) async fn open(site: Rc<Site>, kind: SourceKind) -> Result<EndpointPlane, TargetError> {
        let source = Source::of(&site, kind, 1).await?;
        let function = match Function::own(&site, TIMEOUT_MS).await {
            Ok(function) => function,
            Err(error) => {
                source.close(&site).await;
                return Err(error);
            }
        };
        let facts = facts(&source, kind, &function, site.run.address.preset.bounds.update_settle_ms);
        let mut plane = EndpointPlane { site, facts, source, function, mailboxes: Vec::new() };
        match plane.furnish().await {
            Ok(()) => Ok(plane),
            Err(error) => {
                plane.close().await?;
                Err(error)
            }
        }
    }

    /// Makes what groups name beside stream and function. What the endpoint does not have stays unnamed.
    async fn furnish(&mut self) -> Result<(), TargetError> {
        let mut qualifiers = Vec::new();
        for qualifier in ["1", ALIAS] {
            match self.function.qualified(&self.site, qualifier).await {
                Ok((_, version)) => qualifiers.extend([qualifier.to_owned(), version]),
                Err(TargetError::Unsupported(_)) => break,
                Err(error) => return Err(error),
            }
        }
        qualifiers.sort();
        qualifiers.dedup();
        for function in &mut self.facts.world.functions {
            function.qualifiers.clone_from(&qualifiers);
        }
        let has = &self.site.run.address.preset.capabilities;
        let kinds =
            [(DestinationKind::Sqs, has.sqs), (DestinationKind::Sns, has.sns), (DestinationKind::S3, has.s3)];
        for (kind, _) in kinds.into_iter().filter(|(_, has)| *has) {
            let mailbox = Mailbox::open(&self.site, kind).await?;
            let name = match kind {
                DestinationKind::Sqs => &mut self.facts.queue_arn,
                DestinationKind::Sns => &mut self.facts.topic_arn,
                DestinationKind::S3 => &mut self.facts.bucket_arn,
            };
            name.clone_from(&mailbox.arn);
            self.mailboxes.push(mailbox);
        }
        Ok(())
    }

    async fn send(&self, wire: &Wire) -> Result<Reply, TargetError> {
        let seen = Arc::new(Mutex::new(None));
        let sent = Sent { wire: wire.clone(), seen: seen.clone() };
        let lambda = &self.site.clients.lambda;
        // Of the operation only the method stays: path and body are replaced.
        macro_rules! sent {
            ($operation:expr) => {
                $operation.customize().interceptor(sent).send().await.map(drop).map_err(|error| said(&error))
            };
        }
        let outcome = match wire.verb {
            Verb::Create => sent!(lambda.create_event_source_mapping().function_name(ANY)),
            Verb::Get | Verb::List => sent!(lambda.get_event_source_mapping().uuid(ANY)),
            Verb::Update => sent!(lambda.update_event_source_mapping().uuid(ANY)),
            Verb::Delete => sent!(lambda.delete_event_source_mapping().uuid(ANY)),
            Verb::DeleteFunction => sent!(lambda.delete_function().function_name(ANY)),
        };
        let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (seen, outcome) {
            (Some(reply), _) => Ok(reply),
            (None, Err(error)) => {
                let Wire { method, path, .. } = wire;
                Err(TargetError::CouldNotRun(format!("{method} {path} failed: {error}")))
            }
            (None, Ok(())) => Err(TargetError::CouldNotRun("an answer that nobody saw".to_owned())),
        }
    }
}

fn facts(source: &Source, kind: SourceKind, function: &Function, update_settle_ms: Ms) -> Facts {
    let arn = Arn::parse(&function.arn);
    let part = |part: fn(&Arn<'_>) -> String| arn.as_ref().map(part).unwrap_or_default();
    let stream_arn = source.arn().to_owned();
    Facts {
        world: World {
            partition: part(|arn| arn.partition.to_owned()),
            region: part(|arn| arn.region.to_owned()),
            account: part(|arn| arn.account.to_owned()),
            streams: vec![control::Stream { arn: stream_arn.clone(), kind }],
            functions: vec![control::Function { name: function.name.clone(), qualifiers: Vec::new() }],
            mappings: Vec::new(),
        },
        stream_arn,
        function_name: function.name.clone(),
        queue_arn: String::new(),
        topic_arn: String::new(),
        bucket_arn: String::new(),
        update_settle_ms,
    }
}

impl Plane for EndpointPlane {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn now_ms(&self) -> i64 {
        self.site.wall.epoch_ms()
    }

    fn call<'a>(&'a mut self, wire: &'a Wire) -> Boxed<'a, Result<Reply, TargetError>> {
        Box::pin(self.send(wire))
    }

    fn pause<'a>(&'a mut self, ms: Ms) -> Boxed<'a, ()> {
        Box::pin(tokio::time::sleep(Duration::from_millis(ms.unsigned_abs())))
    }

    fn close<'a>(&'a mut self) -> Boxed<'a, Result<(), TargetError>> {
        Box::pin(async {
            let name = &self.function.name;
            // What cannot be removed now stays in the journal.
            if clean::remove(&self.site.clients, Kind::Function, name).await.is_ok() {
                self.site.run.journal.gone(Kind::Function, name);
            }
            for mailbox in &self.mailboxes {
                mailbox.close(&self.site).await;
            }
            self.source.close(&self.site).await;
            Ok(())
        })
    }
}

/// Puts a request in the place of the client's own, and keeps the answer as it came.
#[derive(Debug)]
struct Sent {
    wire: Wire,
    seen: Arc<Mutex<Option<Reply>>>,
}

impl Intercept for Sent {
    fn name(&self) -> &'static str {
        "esmeralda control"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let uri = request.uri().to_owned();
        let root = uri.find("/2015-03-31/").map_or(uri.as_str(), |at| &uri[..at]);
        request.set_uri(format!("{root}{}", self.wire.path))?;
        if let Some(body) = &self.wire.body {
            let text = body.to_string();
            request.headers_mut().insert("content-type", "application/json");
            request.headers_mut().insert("content-length", text.len().to_string());
            *request.body_mut() = SdkBody::from(text);
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let text = response.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        let reply = Reply::new(response.status().as_u16(), response.headers().get("x-amzn-errortype"), &text);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply);
        Ok(())
    }
}
