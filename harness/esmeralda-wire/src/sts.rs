//! STS: who is asking. Everybody is the account's root user.

use crate::http::ApiError;
use crate::query::unknown_action;
use crate::world::World;

/// Answers an action: the inside of its result.
///
/// # Errors
/// There is no such action here.
pub fn answer(world: &World, action: &str) -> Result<String, ApiError> {
    let account = &world.config.account;
    match action {
        "GetCallerIdentity" => Ok(format!(
            "<Arn>arn:{}:iam::{}:root</Arn><UserId>{}</UserId><Account>{}</Account>",
            account.partition, account.id, account.id, account.id
        )),
        other => Err(unknown_action(other)),
    }
}
