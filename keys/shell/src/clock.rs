//! The system's clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// The time in seconds since 1970; 0 if the system's clock stands before that.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

#[cfg(test)]
mod tests {
    #[test]
    fn now_lies_after_this_was_written() {
        assert!(super::now() > 1_760_000_000);
    }
}
