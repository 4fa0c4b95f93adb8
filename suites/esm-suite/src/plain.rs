//! The case that hand-written ones begin with.
//!
//! Not a default of the format: a case file says everything that counts.

use esm_model::case::{Case, CaseMapping, DEFAULT_MAX_INVOCATIONS, DEFAULT_RETENTION_MS, FORMAT, Function};
use esm_model::mapping::{Mapping, SourceKind};

/// One shard, one mapping from the beginning on, nothing in the stream, and no time.
pub(crate) fn plain(source: SourceKind, settings: Mapping) -> Case {
    Case {
        format: FORMAT,
        source,
        shards: 1,
        retention_ms: DEFAULT_RETENTION_MS,
        function: Function::default(),
        mappings: vec![CaseMapping { created_at: 0, qualifier: None, settings }],
        records: Vec::new(),
        actions: Vec::new(),
        closing_at: None,
        horizon_ms: 0,
        max_invocations: DEFAULT_MAX_INVOCATIONS,
    }
}
