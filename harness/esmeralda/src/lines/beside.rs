//! Both ends of a conversation on one processor: they take turns, and to wake somebody on another processor takes
//! longer than most answers do.
//!
//! Not for children that work by the wall's clock: they may use all that there is. Where the system has no say in this,
//! nothing happens.

/// A processor.
pub(super) type Place = usize;

#[cfg(target_os = "linux")]
mod system {
    use super::Place;
    use rustix::process::Pid;
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    use std::cell::OnceCell;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// The processors that this process was given, before any thread chose one.
    static GIVEN: OnceLock<Vec<Place>> = OnceLock::new();
    /// How many threads have chosen: they spread.
    static CHOSEN: AtomicUsize = AtomicUsize::new(0);

    thread_local! {
        static HERE: OnceCell<Option<Place>> = const { OnceCell::new() };
    }

    pub(crate) fn here() -> Option<Place> {
        HERE.with(|here| *here.get_or_init(choose))
    }

    pub(crate) fn place(process: i32, at: Place) {
        if let Some(process) = Pid::from_raw(process) {
            // It has ended, or may not be told: then it is slower.
            let _slower = sched_setaffinity(Some(process), &only(at));
        }
    }

    fn choose() -> Option<Place> {
        let given = GIVEN.get_or_init(|| {
            let all = sched_getaffinity(None).unwrap_or_default();
            (0..CpuSet::MAX_CPU).filter(|place| all.is_set(*place)).collect()
        });
        let chosen = CHOSEN.fetch_add(1, Ordering::Relaxed) % given.len().max(1);
        let place = *given.get(chosen)?;
        sched_setaffinity(None, &only(place)).ok()?;
        Some(place)
    }

    fn only(place: Place) -> CpuSet {
        let mut set = CpuSet::new();
        set.set(place);
        set
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Place;

    pub(crate) fn here() -> Option<Place> {
        None
    }

    pub(crate) fn place(_process: i32, _at: Place) {}
}

/// Where this thread stays from its first conversation on, and what it starts with it.
pub(super) use system::here;
/// Puts a process there; its threads that are running already stay where they are.
pub(super) use system::place;
