//! The random source of the sampler: case *i* is a pure function of generator version, seed and *i*.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

/// Goes up with every change of what is drawn, so that a seed never silently means another case.
pub const GENERATOR_VERSION: u64 = 3;

/// Draws the choices of one case.
pub struct Source(Xoshiro256PlusPlus);

impl Source {
    /// The source of case `index` under `seed`.
    pub fn new(seed: u64, index: u64) -> Source {
        // Odd constants keep neighbouring seeds and indices apart; the generator's own seeding mixes the rest.
        let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ index.wrapping_mul(0xD1B5_4A32_D192_ED03)
            ^ GENERATOR_VERSION;
        Source(Xoshiro256PlusPlus::seed_from_u64(mixed))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`, which is at least 1.
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }
}
