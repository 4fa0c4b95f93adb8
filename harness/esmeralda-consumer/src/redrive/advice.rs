//! What to change, for each rule REDRIVE-*.

use super::judge::Symptom;
use esm_model::catalogue as c;
use esm_model::rule::RuleId;

/// What to change.
pub(super) fn advice(rule: RuleId, symptom: Symptom) -> &'static str {
    match rule {
        c::REDRIVE_1 if symptom == Symptom::Failed => {
            "handle the failure record as the documents show it; the error above tells what is in the way"
        }
        c::REDRIVE_1 => {
            "read with AT_SEQUENCE_NUMBER from startSequenceNumber, endSequenceNumber included, whatever the condition is"
        }
        c::REDRIVE_2 => {
            "stop behind endSequenceNumber: a page goes on beyond it. Compare sequence numbers as numbers, not as texts"
        }
        c::REDRIVE_3 => "re-drive the records one after the other, in the order in which the stream has them",
        c::REDRIVE_4 => {
            "fetch the records from the stream by shardId, startSequenceNumber and endSequenceNumber, and re-drive their data"
        }
        c::REDRIVE_5 => {
            "take responseContext and functionError as optional: not every discard has an answer of the function"
        }
        c::REDRIVE_6 => "ignore members that you do not need",
        c::REDRIVE_7 => {
            "compare what was read with the range, and raise, log or write what is missing, so that somebody hears of it"
        }
        c::REDRIVE_8 => {
            "make re-driving idempotent: remember shard and sequence number, or send with a deduplication ID; if the same \
             data twice does no harm, say so"
        }
        c::REDRIVE_9 => {
            "follow NextShardIterator until endSequenceNumber is reached, over empty pages as well; take a new iterator \
             AFTER_SEQUENCE_NUMBER of the last record where one has expired, and try again where a read is refused"
        }
        c::REDRIVE_10 => {
            "decode the key (unquote_plus, decodeURIComponent) before you ask for the object; slashes are all that there is \
             to encode in the key of a failure record, and nobody promises that they stay as they are"
        }
        c::REDRIVE_11 => "parse the payload once more: it is a string that holds JSON",
        c::REDRIVE_12 => {
            "go through all Records of an event, and report those that fail in batchItemFailures by their messageId, or raise"
        }
        _ => {
            "take shard and stream from the failure record: an ARN may name an alias, or a stream's consumer, whose stream \
             stands in front of /consumer/"
        }
    }
}
