//! The shipped presets, and what is refused of a user's own.

use esmeralda_endpoint::preset::{Preset, SHIPPED};

#[test]
fn every_shipped_preset_is_one() {
    for (name, _) in SHIPPED {
        let preset = Preset::find(name).expect(name);
        assert_eq!(preset.name, name);
        assert!(preset.bounds.settle_ms >= 30_000, "{name}: absence needs at least 30 s");
    }
}

#[test]
fn a_wrong_preset_is_told_by_its_line() {
    let (_, text) = SHIPPED[0];
    for (from, to, expected) in [
        ("region", "regoin", "unknown field `regoin`"),
        ("code = \"python\"", "code = \"cobol\"", "unknown variant `cobol`"),
        ("call_ms = 10000", "call_ms = -1", "bounds.call_ms: -1 is outside"),
        ("settle_ms = 60000", "sessions = 0", "bounds.sessions: 0 is outside"),
    ] {
        let wrong = text.replace(from, to);
        assert_ne!(wrong, text, "{from} is in the preset");
        let error = Preset::parse("mine", &wrong).expect_err(to).to_string();
        assert!(error.contains("the preset mine") && error.contains(expected), "{error}");
    }
}
