//! Arithmetic in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, the field of AES. Adding is XOR.
//!
//! No table and no branch on a value: what is multiplied leaves no trace in the cache.

/// The product of two elements.
pub(super) fn multiply(a: u8, b: u8) -> u8 {
    let (mut a, mut product) = (a, 0);
    for bit in 0..8 {
        product ^= a & mask(b >> bit);
        a = (a << 1) ^ (REDUCED & mask(a >> 7));
    }
    product
}

/// The inverse of an element, and 0 of 0: its 254th power.
pub(super) fn invert(a: u8) -> u8 {
    // 254 = 2 + 4 + 8 + 16 + 32 + 64 + 128.
    let (mut power, mut product) = (a, 1);
    for _ in 0..7 {
        power = multiply(power, power);
        product = multiply(product, power);
    }
    product
}

/// All ones if the lowest bit is one, else zero.
fn mask(bit: u8) -> u8 {
    0_u8.wrapping_sub(bit & 1)
}

const REDUCED: u8 = 0x1b;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_fips_197_section_4_2() {
        assert_eq!(multiply(0x57, 0x83), 0xc1);
        assert_eq!(multiply(0x57, 0x13), 0xfe);
        assert_eq!(multiply(0x57, 0x02), 0xae);
    }

    #[test]
    fn every_element_times_its_inverse_is_one() {
        assert_eq!(invert(0), 0);
        for a in 1..=255 {
            assert_eq!(multiply(a, invert(a)), 1, "{a}");
        }
    }

    #[test]
    fn every_product_agrees_with_long_division() {
        for a in 0..=255_u8 {
            for b in 0..=255_u8 {
                let mut long = (0..8)
                    .filter(|bit| b >> bit & 1 == 1)
                    .fold(0_u16, |sum, bit| sum ^ (u16::from(a) << bit));
                for bit in (8..15).rev() {
                    if long >> bit & 1 == 1 {
                        long ^= 0x11b << (bit - 8);
                    }
                }
                assert_eq!(u16::from(multiply(a, b)), long);
            }
        }
    }
}
