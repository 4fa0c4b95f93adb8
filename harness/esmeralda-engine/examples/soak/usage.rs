//! What the engine takes of the machine: memory of this process, and processor time of the engine's thread.
//!
//! As Linux tells it; elsewhere everything is 0.

use std::fs;
use std::time::Duration;

/// The engine's thread, as the system cuts its name.
const THREAD: &str = "(esmeralda-engin)";
/// The system counts processor time in hundredths of a second, whatever its own clock does.
const TICK: Duration = Duration::from_millis(10);

/// Memory of this process that is in use.
pub(crate) fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

/// Processor time that the engine's thread has taken.
pub(crate) fn processor() -> Duration {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let ticks: u32 =
        threads.filter_map(|thread| ticks(&fs::read_to_string(thread.path().join("stat")).ok()?)).sum();
    TICK * ticks
}

/// User and system time in the line of one thread, if it is the engine's.
fn ticks(stat: &str) -> Option<u32> {
    let (_, rest) = stat.split_once(THREAD)?;
    // The state comes first, and these are the 12th and 13th members behind the name.
    let mut members = rest.split_whitespace().skip(11);
    Some(members.next()?.parse::<u32>().ok()? + members.next()?.parse::<u32>().ok()?)
}
