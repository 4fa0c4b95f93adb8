//! Hand-written cases, each with its claim and its source.
