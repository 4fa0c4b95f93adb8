//! x
/// y
pub struct ControlScenario;
