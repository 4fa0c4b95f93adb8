//! Both ends of a conversation on one processor: they take turns, and to wake somebody on another processor takes
//! longer than most answers do.
//!
//! Only while a case goes on: what a thread starts later, or how many processors it finds, does not depend on this. Not
//! for children that work by the wall's clock: they may use all that there is. Where the system has no say in this,
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

    /// The processors that this process was given, before any thread stayed on one.
    static GIVEN: OnceLock<CpuSet> = OnceLock::new();
    /// How many threads have chosen: they spread.
    static CHOSEN: AtomicUsize = AtomicUsize::new(0);

    thread_local! {
        static HERE: OnceCell<Option<Place>> = const { OnceCell::new() };
    }

    pub(crate) fn stay() -> Option<Place> {
        let here = HERE.with(|here| *here.get_or_init(choose))?;
        sched_setaffinity(None, &only(here)).ok().map(|()| here)
    }

    pub(crate) fn leave() {
        if let Some(given) = GIVEN.get() {
            // What was allowed once may be forbidden now: then the thread stays where it is.
            let _stays = sched_setaffinity(None, given);
        }
    }

    pub(crate) fn place(process: i32, at: Place) {
        if let Some(process) = Pid::from_raw(process) {
            // It has ended, or may not be told: then it is slower.
            let _slower = sched_setaffinity(Some(process), &only(at));
        }
    }

    /// Each thread takes the next processor.
    fn choose() -> Option<Place> {
        let given = GIVEN.get_or_init(|| sched_getaffinity(None).unwrap_or_default());
        let places: Vec<Place> = (0..CpuSet::MAX_CPU).filter(|place| given.is_set(*place)).collect();
        let chosen = CHOSEN.fetch_add(1, Ordering::Relaxed) % places.len().max(1);
        places.get(chosen).copied()
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

    pub(crate) fn stay() -> Option<Place> {
        None
    }

    pub(crate) fn leave() {}

    pub(crate) fn place(_process: i32, _at: Place) {}
}

/// Lets this thread work anywhere again.
pub(super) use system::leave;
/// Puts a process on a processor; its threads that are running already stay where they are.
pub(super) use system::place;
/// Keeps this thread on its processor, and what it starts with it.
pub(super) use system::stay;
