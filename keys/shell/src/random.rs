//! The operating system's randomness.

use rand::rngs::SysRng;
use rand_core::{CryptoRng, UnwrapErr};

/// The operating system's random number generator.
///
/// Should the system have none, a draw panics: no Brolly program may go on without randomness.
pub fn system() -> impl CryptoRng {
    UnwrapErr(SysRng)
}

#[cfg(test)]
mod tests {
    use rand_core::Rng;

    #[test]
    fn two_draws_differ() {
        let (mut one, mut other) = ([0; 32], [0; 32]);
        super::system().fill_bytes(&mut one);
        super::system().fill_bytes(&mut other);
        assert_ne!(one, other);
    }
}
