//! Every line held against the published schema, and what is wrong with it in prose.
//!
//! Slow, and for authors of adapters: `--check-protocol`. Without the feature `check-protocol` there is no checker.

#[cfg(feature = "check-protocol")]
pub use with::Checker;
#[cfg(not(feature = "check-protocol"))]
pub use without::Checker;

/// The schema of protocol version 1.
pub const SCHEMA: &str = include_str!("schema.json");

/// Who says a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The harness.
    Harness,
    /// The implementation.
    Child,
}

/// This harness was built without a checker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("built without check-protocol: cargo build --release -p esmeralda-cli --features check-protocol")]
pub struct NoChecker;

#[cfg(not(feature = "check-protocol"))]
mod without {
    use super::{NoChecker, Side};

    /// Nobody: see the feature `check-protocol`.
    #[derive(Debug, Clone, Copy)]
    pub enum Checker {}

    impl Checker {
        /// There is none.
        ///
        /// # Errors
        /// Always.
        pub fn published() -> Result<Checker, NoChecker> {
            Err(NoChecker)
        }

        /// Cannot be called.
        ///
        /// # Errors
        /// None.
        pub fn check(&self, _: Side, _: &[u8]) -> Result<(), String> {
            match *self {}
        }
    }
}

#[cfg(feature = "check-protocol")]
mod with {
    use super::super::channel::shown;
    use super::{NoChecker, SCHEMA, Side};
    use jsonschema::error::ValidationErrorKind as Kind;
    use jsonschema::{ValidationError, Validator};
    use serde_json::Value;
    use std::sync::Arc;

    /// Knows the shape of every message.
    #[derive(Debug, Clone)]
    pub struct Checker {
        to_child: Arc<Validator>,
        from_child: Arc<Validator>,
    }

    impl Checker {
        /// A checker by the published schema.
        ///
        /// # Errors
        /// Where it was built without one.
        ///
        /// # Panics
        /// If the schema is not one, which is a fault of ours.
        pub fn published() -> Result<Checker, NoChecker> {
            let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
            let of = |side: &str| {
                let mut schema = schema.clone();
                schema["$ref"] = format!("#/$defs/{side}").into();
                if let Some(members) = schema.as_object_mut() {
                    members.shift_remove("oneOf");
                }
                Arc::new(jsonschema::validator_for(&schema).expect("the schema is a schema"))
            };
            Ok(Checker { to_child: of("to-child"), from_child: of("from-child") })
        }

        /// Checks a line.
        ///
        /// # Errors
        /// What is wrong with it, in prose.
        pub fn check(&self, side: Side, line: &[u8]) -> Result<(), String> {
            let (validator, who) = match side {
                Side::Harness => (&self.to_child, "the harness"),
                Side::Child => (&self.from_child, "it"),
            };
            let told = |problem: String| {
                format!("{who} wrote a line that the schema refuses: {problem}\nThe line: {}", shown(line))
            };
            let value: Value =
                serde_json::from_slice(line).map_err(|error| told(format!("not JSON: {error}")))?;
            let problems: Vec<String> = validator.iter_errors(&value).map(|error| prose(&error)).collect();
            if problems.is_empty() { Ok(()) } else { Err(told(problems.join("; "))) }
        }
    }

    /// What is wrong, where, and what belongs there.
    fn prose(error: &ValidationError<'_>) -> String {
        let place = match error.instance_path().as_str() {
            "" => "the line".to_owned(),
            path => path.trim_start_matches('/').replace('/', "."),
        };
        let found = shown(error.instance().to_string().as_bytes());
        match error.kind() {
            Kind::AdditionalProperties { unexpected } => {
                format!("{place} has {}, which has no place there", unexpected.join(", "))
            }
            Kind::Required { property } => format!("{place} lacks {property}"),
            Kind::AnyOf { context } => {
                let lacking = context.iter().flatten().filter_map(|error| match error.kind() {
                    Kind::Required { property } => Some(property.to_string()),
                    _ => None,
                });
                format!("{place} needs one of {}", lacking.collect::<Vec<_>>().join(", "))
            }
            Kind::Constant { expected_value } => {
                format!("{place} is {found}, and only {expected_value} may be there")
            }
            Kind::Enum { options } => format!("{place} is {found}, and only one of {options} may be there"),
            Kind::MinProperties { .. } | Kind::MaxProperties { .. } => {
                format!("{place} has not the number of members that it needs: {error}")
            }
            _ => format!("{place}: {error}"),
        }
    }
}
