//! Memory that swap does not get.

#[cfg(target_os = "linux")]
use std::hint::black_box;

use rustix::io::Errno;
#[cfg(target_os = "linux")]
use rustix::mm::{MlockAllFlags, mlockall, munlockall};
#[cfg(target_os = "linux")]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The system refused to keep this process's memory out of swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// What may be locked is less than the program needs.
    #[error(
        "keys in this program's memory could be written to swap: only {} KiB may be locked; run `ulimit -l unlimited` before it (in a unit, LimitMEMLOCK=infinity), or turn swap off",
        .0 / 1024
    )]
    Limit(u64),
    /// Something else.
    #[error(
        "keys in this program's memory could be written to swap: the system does not lock memory ({0}); turn swap off"
    )]
    System(Errno),
}

/// Keeps all of this process's memory, now and later, out of swap. Pages are locked as they are touched.
///
/// Where only so much may be locked that some later allocation would fail, nothing is locked.
///
/// # Errors
/// [`LockError`]; the program works as before.
#[cfg(target_os = "linux")]
pub fn lock_memory() -> Result<(), LockError> {
    let limit = getrlimit(Resource::Memlock);
    if limit.current != limit.maximum {
        // Where this is refused the lower limit counts.
        let most = Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        };
        let _ = setrlimit(Resource::Memlock, most);
    }
    let limit = getrlimit(Resource::Memlock).current;
    mlockall(LOCK).map_err(|errno| match limit {
        Some(limit) => LockError::Limit(limit),
        None => LockError::System(errno),
    })?;
    if let Some(limit) = limit.filter(|limit| !allocates(*limit)) {
        munlockall().map_err(LockError::System)?;
        return Err(LockError::Limit(limit));
    }
    Ok(())
}

/// Nothing is locked on this system.
///
/// # Errors
/// Always [`LockError::System`].
#[cfg(not(target_os = "linux"))]
pub fn lock_memory() -> Result<(), LockError> {
    Err(LockError::System(Errno::NOSYS))
}

/// Whether an allocation larger than the limit succeeds, as it does for those whom the limit does not bind. It is asked
/// for and given back untouched.
#[cfg(target_os = "linux")]
fn allocates(limit: u64) -> bool {
    let Ok(limit) = usize::try_from(limit) else {
        return true;
    };
    let mut bytes: Vec<u8> = Vec::new();
    let done = bytes.try_reserve_exact(limit.saturating_add(1)).is_ok();
    // Unseen, the compiler would take an allocation that nobody uses for one that succeeds.
    black_box(&mut bytes);
    done
}

#[cfg(target_os = "linux")]
const LOCK: MlockAllFlags = MlockAllFlags::CURRENT
    .union(MlockAllFlags::FUTURE)
    .union(MlockAllFlags::ONFAULT);

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn spec_2_10_memory_is_locked_or_the_program_is_told_and_can_allocate_as_before() {
        let locked = lock_memory();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let kib: u64 = status
            .lines()
            .find_map(|line| line.strip_prefix("VmLck:")?.strip_suffix(" kB"))
            .and_then(|kib| kib.trim().parse().ok())
            .unwrap();
        match locked {
            Ok(()) => assert!(kib > 1024, "{kib} KiB are locked"),
            Err(error) => {
                assert_eq!(kib, 0);
                assert!(error.to_string().contains("swap"), "{error}");
            }
        }
        // More than the usual limit of 8 MiB, touched.
        let large = black_box(vec![1_u8; 64 << 20]);
        assert_eq!(large.last(), Some(&1));
    }

    #[test]
    fn a_limit_is_told_with_what_to_do_about_it() {
        let sentence = LockError::Limit(8 << 20).to_string();
        for part in ["8192 KiB", "ulimit -l unlimited", "LimitMEMLOCK=infinity"] {
            assert!(sentence.contains(part), "{sentence}");
        }
    }
}
