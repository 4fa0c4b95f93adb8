//! A container as a target: an emulator's image is started, and the endpoint in it is the target.
//!
//! Starting, finding and removing only; how an endpoint is dealt with is in `esmeralda-endpoint`. Reading order:
//! [`order`] (what is typed), [`recipe`] (what is peculiar to an image), [`running`] (a container from its start to
//! its end), `engine` (what does it), `leftover` (what a crash left behind).

mod engine;
mod leftover;
pub mod order;
pub mod recipe;
pub mod running;
