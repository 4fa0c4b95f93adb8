//! Reading JSON members strictly: every unknown member and every wrong type is reported with its path.
//!
//! Not a judge of values: whatever has the right type is accepted here.

use super::shape::{Path, ShapeError, Unknown};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A JSON text as a value.
pub(crate) fn parse(text: &str) -> Result<Value, ShapeError> {
    serde_json::from_str(text).map_err(|error| ShapeError::NotJson { detail: error.to_string() })
}

/// Something that can stand as a member's value.
pub(crate) trait Member: Sized {
    fn read(value: &Value, at: &Path<'_>, unknown: &mut Unknown) -> Result<Self, ShapeError>;
    fn write(&self) -> Value;
}

macro_rules! scalar {
    ($type:ty, $method:ident, $expected:literal) => {
        impl Member for $type {
            fn read(value: &Value, at: &Path<'_>, _: &mut Unknown) -> Result<$type, ShapeError> {
                value.$method().map(Into::into).ok_or_else(|| at.wrong(value, $expected))
            }

            fn write(&self) -> Value {
                Value::from(self.clone())
            }
        }
    };
}

scalar!(i64, as_i64, "an integer of 64 bits");
scalar!(bool, as_bool, "true or false");
scalar!(String, as_str, "a string");

impl Member for Value {
    fn read(value: &Value, _: &Path<'_>, _: &mut Unknown) -> Result<Value, ShapeError> {
        Ok(value.clone())
    }

    fn write(&self) -> Value {
        self.clone()
    }
}

impl<T: Member> Member for Vec<T> {
    fn read(value: &Value, at: &Path<'_>, unknown: &mut Unknown) -> Result<Vec<T>, ShapeError> {
        let items = value.as_array().ok_or_else(|| at.wrong(value, "a list"))?;
        items.iter().enumerate().map(|(i, item)| T::read(item, &at.index(i), unknown)).collect()
    }

    fn write(&self) -> Value {
        self.iter().map(Member::write).collect()
    }
}

impl Member for BTreeMap<String, String> {
    fn read(value: &Value, at: &Path<'_>, unknown: &mut Unknown) -> Result<Self, ShapeError> {
        let members = value.as_object().ok_or_else(|| at.wrong(value, "an object of strings"))?;
        let read = |(key, value): (&String, &Value)| {
            Ok((key.clone(), String::read(value, &at.member(key), unknown)?))
        };
        members.iter().map(read).collect()
    }

    fn write(&self) -> Value {
        self.iter()
            .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
            .collect::<Map<_, _>>()
            .into()
    }
}

/// A struct of optional members with its strict reader and its writer, which keeps the order of the fields.
/// `keep` names the field for the members that are known but not modelled, and lists their names; `cannot` lists
/// the names that deserve an explanation of their own.
macro_rules! members {
    ($(#[$doc:meta])* pub struct $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty = $member:literal,)*
        $(; keep $(#[$keep_doc:meta])* $keep:ident: [$($kept:literal),* $(,)?])?
        $(; cannot: [$($impossible:literal: $why:literal),* $(,)?])?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Option<$type>,)*
            $($(#[$keep_doc])* pub $keep: serde_json::Map<String, serde_json::Value>,)?
        }

        impl $crate::mapping::Member for $name {
            fn read(
                value: &serde_json::Value,
                at: &$crate::mapping::Path<'_>,
                unknown: &mut $crate::mapping::Unknown,
            ) -> Result<$name, $crate::mapping::ShapeError> {
                const KEPT: &[&str] = &[$($($kept),*)?];
                const KNOWN: &[&str] = &[$($member,)* $($($kept,)*)?];
                const IMPOSSIBLE: &[(&str, &str)] = &[$($(($impossible, $why)),*)?];
                let object = value.as_object().ok_or_else(|| at.wrong(value, "an object"))?;
                let mut read = $name::default();
                for (name, value) in object {
                    if value.is_null() && matches!(unknown, $crate::mapping::Unknown::Note(_)) {
                        continue;
                    }
                    match name.as_str() {
                        $($member => {
                            let at = at.member(name);
                            read.$field = Some($crate::mapping::Member::read(value, &at, unknown)?);
                        })*
                        _ => {
                            if !KEPT.contains(&name.as_str()) {
                                at.unknown(name, KNOWN, IMPOSSIBLE, unknown)?;
                            }
                            $(read.$keep.insert(name.clone(), value.clone());)?
                        }
                    }
                }
                Ok(read)
            }

            fn write(&self) -> serde_json::Value {
                let mut object = serde_json::Map::new();
                $(if let Some(value) = &self.$field {
                    object.insert($member.to_owned(), $crate::mapping::Member::write(value));
                })*
                $(for (name, value) in &self.$keep {
                    object.insert(name.clone(), value.clone());
                })?
                serde_json::Value::Object(object)
            }
        }
    };
}

/// The strict JSON interface of a struct made by `members!`, under the name that its errors begin with.
macro_rules! strict_json {
    ($name:ident, $root:literal) => {
        impl $name {
            /// Reads a JSON text.
            ///
            /// # Errors
            /// The text is not JSON, or [`Self::from_value`] refuses what it holds.
            pub fn from_json(text: &str) -> Result<$name, $crate::mapping::ShapeError> {
                $name::from_value(&$crate::mapping::shape_parse(text)?)
            }

            /// Reads a JSON value.
            ///
            /// # Errors
            /// An unknown member or a wrong type, with its path.
            pub fn from_value(value: &serde_json::Value) -> Result<$name, $crate::mapping::ShapeError> {
                let at = $crate::mapping::Path::root($root);
                $crate::mapping::Member::read(value, &at, &mut $crate::mapping::Unknown::Refuse)
            }

            /// The JSON value, with the members in the order of the fields and absent ones left out.
            pub fn to_json(&self) -> serde_json::Value {
                $crate::mapping::Member::write(self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&self.to_json(), serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
                $name::from_value(&value).map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use {members, strict_json};
