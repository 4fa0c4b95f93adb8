//! IAM: roles by name. No policy is looked at; every role may do everything.

use crate::http::{ApiError, escape};
use crate::query::{Form, unknown_action};
use crate::world::World;
use esm_model::wire::timestamp::format_seconds;

/// Most roles of an endpoint.
const MAX_ROLES: usize = 10_000;

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    /// Who may take it, as it was given.
    policy: String,
    created_ms: i64,
    id: String,
}

/// Answers an action: the inside of its result.
///
/// # Errors
/// What the service refuses.
pub fn answer(world: &World, action: &str, form: &Form) -> Result<String, ApiError> {
    let mut roles = world.roles.borrow_mut();
    let name = form.need("RoleName")?;
    let absent = || {
        let message = format!("The role with name {name} cannot be found.");
        ApiError::new(404, "NoSuchEntity", message)
    };
    match action {
        "CreateRole" => {
            if roles.contains_key(name) {
                let message = format!("Role with name {name} already exists.");
                return Err(ApiError::new(409, "EntityAlreadyExists", message));
            }
            if roles.len() >= MAX_ROLES {
                return Err(ApiError::new(409, "LimitExceeded", format!("at most {MAX_ROLES} roles")));
            }
            let policy = form.need("AssumeRolePolicyDocument")?.to_owned();
            let id = format!("AROA{}", &world.ids.uuid().replace('-', "").to_uppercase()[..16]);
            let role = Role { policy, created_ms: world.clock.epoch_ms(), id };
            let shown = shown(world, name, &role);
            roles.insert(name.to_owned(), role);
            Ok(shown)
        }
        "GetRole" => roles.get(name).map(|role| shown(world, name, role)).ok_or_else(absent),
        "DeleteRole" => roles.remove(name).map(|_| String::new()).ok_or_else(absent),
        "PutRolePolicy" | "DeleteRolePolicy" | "AttachRolePolicy" | "DetachRolePolicy" => {
            roles.get(name).map(|_| String::new()).ok_or_else(absent)
        }
        "ListAttachedRolePolicies" => {
            let none = "<AttachedPolicies/><IsTruncated>false</IsTruncated>";
            roles.get(name).map(|_| none.to_owned()).ok_or_else(absent)
        }
        "ListRolePolicies" => {
            let none = "<PolicyNames/><IsTruncated>false</IsTruncated>";
            roles.get(name).map(|_| none.to_owned()).ok_or_else(absent)
        }
        other => Err(unknown_action(other)),
    }
}

fn shown(world: &World, name: &str, role: &Role) -> String {
    let account = &world.config.account;
    format!(
        "<Role><Path>/</Path><RoleName>{name}</RoleName><RoleId>{}</RoleId>\
         <Arn>arn:{}:iam::{}:role/{name}</Arn><CreateDate>{}</CreateDate>\
         <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument></Role>",
        role.id,
        account.partition,
        account.id,
        format_seconds(role.created_ms),
        escape(&role.policy),
        name = escape(name),
    )
}
