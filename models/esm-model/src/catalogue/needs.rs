//! What a rule needs: the rules that must hold before a breach of it says anything about the rule itself.
//!
//! Whoever never retries (RETRY-2) does not split either (BISECT-1), but splitting is not what has to be mended first.
//! One table, as data; nothing here judges a trace.

use super::*;
use crate::rule::{RuleId, RuleSet};

/// Rules and what each of them needs, in catalogue order. Only checked rules under their one name are here, and what
/// is needed through another is not named again. A rule without an entry needs nothing.
static NEEDS: &[(RuleId, &[RuleId])] = &[
    (API_2, &[API_1]),
    (API_3, &[API_2]),
    (API_4, &[API_2]),
    (API_5, &[API_2]),
    (API_19, &[API_1]),
    (API_21, &[API_3, API_19]),
    (API_23, &[API_2]),
    (STATE_2, &[STATE_1]),
    (STATE_3, &[STATE_2]),
    (STATE_5, &[STATE_3, ORDER_8]),
    (STATE_6, &[STATE_5]),
    (STATE_7, &[ORDER_8]),
    (STATE_8, &[STATE_7]),
    (STATE_9, &[STATE_7]),
    // The result of an invocation is told rightly only by those who know which one failed.
    (STATE_10, &[STATE_2, RETRY_6, PBR_9]),
    (BATCH_1, &[BATCH_2]),
    (BATCH_4, &[BATCH_1]),
    (BATCH_8, &[BATCH_4, BISECT_1]),
    (BATCH_9, &[BATCH_1]),
    (ORDER_1, &[BATCH_2]),
    (ORDER_2, &[RETRY_2]),
    (ORDER_6, &[ORDER_8]),
    (ORDER_8, &[ORDER_1]),
    (RETRY_1, &[RETRY_2]),
    (RETRY_2, &[ORDER_8]),
    (RETRY_3, &[RETRY_2]),
    (RETRY_4, &[RETRY_2]),
    (RETRY_5, &[RETRY_4]),
    (RETRY_6, &[RETRY_2]),
    (RETRY_7, &[DISCARD_1]),
    (RETRY_8, &[RETRY_3, PBR_4]),
    (RETRY_9, &[RETRY_3, PBR_4]),
    (RETRY_11, &[RETRY_2]),
    (BISECT_1, &[RETRY_2]),
    (BISECT_2, &[BISECT_1]),
    (BISECT_3, &[RETRY_3, BISECT_2]),
    (BISECT_4, &[BISECT_1]),
    (BISECT_5, &[BISECT_1]),
    (BISECT_6, &[BISECT_1]),
    (BISECT_7, &[BISECT_4]),
    (BISECT_8, &[BISECT_2, DISCARD_2]),
    (BISECT_9, &[RETRY_5, BISECT_1]),
    (BISECT_10, &[BISECT_1, PBR_9]),
    (BISECT_12, &[BISECT_1, PBR_4]),
    (BISECT_14, &[RETRY_1, BISECT_1]),
    (PBR_1, &[RETRY_2]),
    (PBR_2, &[RETRY_2]),
    (PBR_3, &[PBR_2]),
    (PBR_4, &[PBR_2]),
    (PBR_5, &[RETRY_3, BISECT_2, PBR_3]),
    (PBR_7, &[RETRY_8, REC_7]),
    (PBR_9, &[RETRY_2]),
    (AGE_1, &[RETRY_2]),
    (AGE_2, &[AGE_1, DISCARD_2]),
    (AGE_3, &[AGE_2]),
    (AGE_4, &[AGE_7]),
    (AGE_6, &[AGE_2, REC_6]),
    (AGE_7, &[AGE_1]),
    (AGE_10, &[ORDER_8]),
    (DISCARD_1, &[RETRY_3]),
    (DISCARD_2, &[DISCARD_1]),
    (DISCARD_3, &[DISCARD_2]),
    (DISCARD_4, &[DISCARD_2]),
    (DISCARD_5, &[DISCARD_2]),
    (DISCARD_7, &[DISCARD_2]),
    (DISCARD_8, &[DISCARD_2]),
    (DISCARD_9, &[DISCARD_2]),
    (REC_1, &[DISCARD_2]),
    (REC_2, &[RETRY_5, DISCARD_2]),
    (REC_3, &[DISCARD_2]),
    (REC_4, &[DISCARD_2]),
    (REC_5, &[REC_4]),
    (REC_6, &[DISCARD_2]),
    (REC_7, &[DISCARD_2]),
    (REC_8, &[DISCARD_2]),
    (REC_9, &[DISCARD_2]),
    (REC_10, &[DISCARD_2]),
    (REC_11, &[REC_7, REC_10]),
    (REC_12, &[DISCARD_2]),
    (REC_13, &[REC_7]),
    (REC_14, &[BATCH_9, DISCARD_2]),
    (S3_1, &[DISCARD_2]),
    (S3_2, &[REC_9, S3_1]),
    (S3_3, &[DISCARD_2]),
    (S3_4, &[S3_3]),
    (S3_5, &[DISCARD_2]),
    (DDB_1, &[DISCARD_2]),
    (DDB_7, &[BATCH_11]),
];

/// What a rule needs directly, in catalogue order; that of the rule that it restates, if it restates one.
pub fn needs(rule: RuleId) -> &'static [RuleId] {
    let rule = canonical(rule);
    let found = NEEDS.binary_search_by_key(&rule, |(known, _)| *known);
    found.map_or(&[], |index| NEEDS[index].1)
}

/// Everything that a rule rests on: what it needs, what that needs, and so on.
pub fn rests_on(rule: RuleId) -> RuleSet {
    let mut all = RuleSet::default();
    let mut open = needs(rule).to_vec();
    // Ends: a rule is opened once.
    while let Some(next) = open.pop() {
        if !all.contains(next) {
            all.insert(next);
            open.extend(needs(next));
        }
    }
    all
}

/// The checkable rules that rest on this one, in catalogue order: as long as it is broken, none of them can be judged.
pub fn resting_on(rule: RuleId) -> impl Iterator<Item = RuleId> {
    let rule = canonical(rule);
    let rules = all().filter(|requirement| requirement.is_checkable()).map(|requirement| requirement.id);
    rules.filter(move |other| rests_on(*other).contains(rule))
}

/// How far a rule is from the ground: 0 for one that needs nothing, else one more than the highest that it needs.
pub fn height(rule: RuleId) -> usize {
    needs(rule).iter().map(|needed| height(*needed) + 1).max().unwrap_or(0)
}
