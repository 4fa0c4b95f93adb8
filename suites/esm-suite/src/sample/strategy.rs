//! The sampler as a proptest strategy.
