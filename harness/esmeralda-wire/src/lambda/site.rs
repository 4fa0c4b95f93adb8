//! What the API of mappings needs of the endpoint around it, so that it serves the endpoint in memory and others alike.

use super::mappings::Mappings;
use crate::account::Account;
use crate::driver::{Behind, Handle};
use crate::http::ApiError;
use esm_model::control::{Admitted, World};
use std::cell::RefCell;
use std::future::Future;

/// The endpoint around the API of mappings.
pub trait Site {
    /// The time, milliseconds since 1970.
    fn now_ms(&self) -> i64;

    /// Whose mappings these are.
    fn account(&self) -> &Account;

    /// A fresh UUID.
    fn uuid(&self) -> String;

    /// After how many milliseconds changes take effect; where that is not 0, a change under way refuses the next
    /// one (API-20).
    fn change_delay_ms(&self) -> u64;

    /// The mappings.
    fn mappings(&self) -> &RefCell<Mappings>;

    /// The streams and functions that exist, at least those that are named here. Its mappings are not looked at.
    ///
    /// # Errors
    /// Nobody can tell.
    fn known(
        &self,
        stream: Option<&str>,
        function: Option<&str>,
    ) -> impl Future<Output = Result<World, ApiError>>;

    /// What stands behind a function's name, where that is looked up anew when a mapping gets another function.
    fn behind(&self, _function: &str) -> impl Future<Output = Option<Behind>> {
        std::future::ready(None)
    }

    /// Starts a mapping that was admitted.
    ///
    /// # Errors
    /// What it needs has vanished.
    fn start(&self, admitted: &Admitted, uuid: &str) -> impl Future<Output = Result<Handle, ApiError>>;

    /// The mappings have changed. The request is answered when this ends.
    ///
    /// # Errors
    /// What has changed cannot be kept.
    fn keep(&self) -> impl Future<Output = Result<(), ApiError>> {
        std::future::ready(Ok(()))
    }
}
