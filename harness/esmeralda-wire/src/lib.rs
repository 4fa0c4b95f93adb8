//! What AWS endpoints say on the wire, an endpoint in memory for tests, and the reference driven in real time.
//!
//! Three layers, from the outside in:
//! - [`server`] listens, tells services apart and writes their answers; [`http`] and [`query`] are its values.
//! - Services, each with a store and the service's own form of requests and answers: [`kinesis`], [`dynamodb`],
//!   [`lambda`], [`sqs`], [`sns`], [`s3`], [`sts`], [`iam`]. [`world`] holds them all, [`log`] holds records of streams.
//! - [`provide`] makes what a request names and nobody made.
//! - [`proxy`] passes requests on to another endpoint.
//! - [`driver`] runs one mapping: the reference machine on a wall clock, in any world that is an
//!   [`upstream::Upstream`]. [`local`] is the world of this endpoint's own services.
//!
//! [`manners`] makes an endpoint slow, repetitive or flaky, which is allowed; or breaks it, which is not.
//!
//! Not an emulator for users: nothing is kept, nothing is secured, and functions are HTTP endpoints.

pub mod account;
pub mod client;
pub mod driver;
pub mod dynamodb;
pub mod host;
pub mod http;
pub mod iam;
pub mod kinesis;
pub mod lambda;
pub mod local;
pub mod log;
pub mod manners;
pub mod provide;
pub mod proxy;
pub mod query;
pub mod s3;
pub mod server;
pub mod sns;
pub mod sqs;
pub mod sts;
pub mod upstream;
pub mod world;

pub use server::{Double, serve};
pub use world::Config;
