//! Numbers in half precision, by their bits (IEEE 754-2019, binary16).

/// Bits of the fraction that single precision has and half precision has not.
const LOST: u32 = 13;
/// The exponent of all ones, for infinities and what is no number.
const HIGHEST: i32 = 31;

/// The nearest number in half precision, of two equally near the even one; beyond 65504 infinity.
pub(crate) fn narrowed(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let fraction = bits & 0x007f_ffff;
    let exponent = ((bits >> 23) & 0xff) as i32 - 127 + 15;
    let magnitude = if exponent == 255 - 127 + 15 && fraction != 0 {
        0x7e00
    } else if exponent >= HIGHEST {
        0x7c00
    } else if exponent > 0 {
        rounded((exponent as u32) << 23 | fraction, LOST)
    } else if exponent >= -10 {
        // Below the normal numbers the leading 1 stands in the fraction.
        rounded(fraction | 0x0080_0000, (LOST as i32 + 1 - exponent) as u32)
    } else {
        0
    };
    sign | magnitude as u16
}

/// The number without its last bits; a carry out of the fraction belongs into the exponent.
fn rounded(number: u32, bits: u32) -> u32 {
    let kept = number >> bits;
    let (rest, half) = (number & ((1 << bits) - 1), 1 << (bits - 1));
    kept + u32::from(rest > half || (rest == half && kept & 1 == 1))
}

/// The number with these bits, in single precision, which holds all of them.
pub(crate) fn widened(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let (exponent, fraction) = (u32::from(bits >> 10) & 0x1f, u32::from(bits & 0x03ff));
    match exponent {
        0 => f32::from_bits((fraction as f32 * 2_f32.powi(-24)).to_bits() | sign),
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << LOST),
        _ => f32::from_bits(sign | (exponent + 127 - 15) << 23 | fraction << LOST),
    }
}

/// The next lower number, of a finite one.
pub(crate) fn below(bits: u16) -> u16 {
    match bits {
        0x0000 | 0x8000 => 0x8001,
        0x0001..=0x7fff => bits - 1,
        _ => bits + 1,
    }
}

#[cfg(test)]
mod tests {
    use random::Stream;

    use super::*;

    #[test]
    fn every_number_of_half_precision_comes_back() {
        for bits in 0..=u16::MAX {
            let wide = widened(bits);
            if wide.is_nan() {
                assert!(widened(narrowed(wide)).is_nan());
            } else {
                assert_eq!(narrowed(wide), bits, "{wide}");
            }
        }
    }

    /// By hand from the standard: 1, 65504, 2^-24, 2^-14, and numbers between two neighbours.
    #[test]
    fn numbers_of_the_standard_have_their_bits() {
        for (value, bits) in [
            (1.0, 0x3c00),
            (-2.0, 0xc000),
            (65504.0, 0x7bff),
            (65519.0, 0x7bff),
            (65520.0, 0x7c00),
            (5.960_464_5e-8, 0x0001),
            (2.980_232_2e-8, 0x0000),
            (6.103_515_6e-5, 0x0400),
            (1.0 + 1.0 / 2048.0, 0x3c00),
            (1.0 + 3.0 / 2048.0, 0x3c02),
            (f32::NEG_INFINITY, 0xfc00),
        ] {
            assert_eq!(narrowed(value), bits, "{value}");
        }
    }

    #[test]
    fn the_nearest_is_taken_and_of_two_the_even_one() {
        let mut generator = Stream::new(1, "half").generator();
        for _ in 0..100_000 {
            let scale = 2_f32.powi(generator.below(44) as i32 - 28);
            let value = (generator.uniform() + 1e-3) * scale;
            let found = narrowed(value);
            let distance = |bits: u16| (f64::from(widened(bits)) - f64::from(value)).abs();
            let own = distance(found);
            for other in [found.saturating_sub(1), found + 1].into_iter().filter(|o| *o < 0x7c00) {
                let further = own < distance(other) || (own == distance(other) && found & 1 == 0);
                assert!(other == found || further, "{value}: {found:04x}, {other:04x}");
            }
        }
    }
}
