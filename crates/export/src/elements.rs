//! Numbers of safetensors as single precision.

use safetensors::tensor::Dtype;

/// The numbers of a tensor of this type, where they are of single precision.
pub(crate) fn single(kind: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    let (numbers, _) = bytes.as_chunks::<4>();
    (kind == Dtype::F32).then(|| numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// The same for numbers of half precision, of brain floats and of double precision too; the last are rounded.
pub(crate) fn any_float(kind: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    let pairs = || bytes.as_chunks::<2>().0.iter().map(|bytes| u16::from_le_bytes(*bytes));
    match kind {
        Dtype::F16 => Some(pairs().map(half).collect()),
        Dtype::BF16 => Some(pairs().map(|bits| f32::from_bits(u32::from(bits) << 16)).collect()),
        Dtype::F64 => {
            let (numbers, _) = bytes.as_chunks::<8>();
            Some(numbers.iter().map(|bytes| f64::from_le_bytes(*bytes) as f32).collect())
        }
        _ => single(kind, bytes),
    }
}

/// The number of half precision with these bits (IEEE 754-2019, binary16).
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let (exponent, fraction) = (u32::from(bits >> 10) & 0x1f, u32::from(bits & 0x03ff));
    let magnitude = match exponent {
        0 => (fraction as f32 * 2_f32.powi(-24)).to_bits(),
        31 => 0x7f80_0000 | fraction << 13,
        _ => (exponent + 127 - 15) << 23 | fraction << 13,
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand from the standards: 1, -2, 65504, 2^-24, 2^-14 and infinity; 1 and -3.140625; a third.
    #[test]
    fn numbers_of_every_precision_are_read() {
        let halves = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x7c00_u16];
        let bytes: Vec<u8> = halves.iter().flat_map(|bits| bits.to_le_bytes()).collect();
        let expected = [1.0, -2.0, 65504.0, 2_f32.powi(-24), 2_f32.powi(-14), f32::INFINITY];
        assert_eq!(any_float(Dtype::F16, &bytes), Some(expected.to_vec()));
        let bytes = [0x80, 0x3f, 0x49, 0xc0];
        assert_eq!(any_float(Dtype::BF16, &bytes), Some(vec![1.0, -3.140_625]));
        assert_eq!(any_float(Dtype::F64, &(1.0_f64 / 3.0).to_le_bytes()), Some(vec![1.0 / 3.0]));
        assert_eq!(any_float(Dtype::I64, &[0; 8]), None);
        assert_eq!(single(Dtype::F16, &[0; 2]), None);
    }
}
