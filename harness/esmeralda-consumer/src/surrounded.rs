//! A function with what stands around it: what it does by the AWS SDK is seen, and a command resets the world between
//! histories.

use crate::aws::{Recorder, Scene};
use crate::command;
use crate::handler::{Given, Handler, HandlerError};
use esm_model::event::RequestId;

/// A handler whose writes are seen.
pub struct Surrounded<H> {
    inner: H,
    recorder: Recorder,
    reset: Option<String>,
}

impl<H> Surrounded<H> {
    /// The handler must know the recorder's URL, as `AWS_ENDPOINT_URL`.
    pub fn new(inner: H, recorder: Recorder) -> Surrounded<H> {
        Surrounded { inner, recorder, reset: None }
    }

    /// A command for the shell that is run before each history.
    #[must_use]
    pub fn reset_by(mut self, command: Option<String>) -> Surrounded<H> {
        self.reset = command;
        self
    }

    /// From the next call on the endpoints in memory hold this, and nothing else.
    pub fn stage(&self, scene: Scene) {
        self.recorder.stage(scene);
    }

    /// The handler.
    pub fn inner(&mut self) -> &mut H {
        &mut self.inner
    }
}

impl<H: Handler> Handler for Surrounded<H> {
    async fn call(&mut self, event: &str, request: RequestId) -> Result<Given, HandlerError> {
        let mut given = self.inner.call(event, request).await?;
        // What a call that was ended had under way may come with the next one.
        let seen = self.recorder.take();
        given.lines.extend(seen.lines);
        given.writes.extend(seen.writes);
        given.reads.extend(seen.reads);
        Ok(given)
    }

    async fn reset(&mut self) -> Result<(), HandlerError> {
        self.inner.reset().await?;
        let Some(command) = &self.reset else { return Ok(()) };
        let variables = [("AWS_ENDPOINT_URL", self.recorder.url())];
        command::run(command, &variables)
            .await
            .map_err(|error| HandlerError::Surroundings(error.to_string()))?;
        // What the command wrote is no effect.
        drop(self.recorder.take());
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let told = |(operation, times): (&String, &u32)| {
            format!(
                "The endpoints in memory do not have {operation}, which was asked for {times} times: they answered with \
                 an error. Use --aws with the URL of an emulator that has it."
            )
        };
        self.inner.notes().into_iter().chain(self.recorder.refused().iter().map(told)).collect()
    }

    async fn renew(&mut self) {
        self.inner.renew().await;
    }
}
