//! The system's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// The time in seconds since 1970; 0 if the system's clock stands before that.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

/// Milliseconds since some moment, by a clock that nobody sets and that goes on while the machine sleeps (on Linux).
pub fn running() -> u64 {
    let time = clock_gettime(RUNNING);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let millis = u64::try_from(time.tv_nsec / 1_000_000).unwrap_or_default();
    seconds.saturating_mul(1_000).saturating_add(millis)
}

#[cfg(target_os = "linux")]
const RUNNING: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const RUNNING: ClockId = ClockId::Monotonic;

#[cfg(test)]
mod tests {
    #[test]
    fn now_lies_after_this_was_written() {
        assert!(super::now() > 1_760_000_000);
    }

    #[test]
    fn the_running_clock_goes_on_while_the_machine_sleeps() {
        let awake = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let awake = u64::try_from(awake.tv_sec).unwrap() * 1_000;
        let before = super::running();
        assert!(before >= awake && before <= super::running());
    }
}
