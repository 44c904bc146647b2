/*!
Numbers of few bits: packed side by side, in runs of equal ones, and as differences.

Written down in "Encodings" of Apache Parquet: the run-length and bit-packing hybrid, and delta
encoding (D. Lemire and L. Boytsov, Decoding billions of integers per second through vectorization,
2015). `count` bounds what is made of a few bytes.
*/

use crate::reader::Reader;

/// The number of `width` bits, at most 64, at a place among such numbers, the lowest bits first.
pub(crate) fn unpacked(bytes: &[u8], width: usize, place: usize) -> Option<u64> {
    let start = place.checked_mul(width)?;
    let (first, shift) = (start / 8, start % 8);
    let bytes = bytes.get(first..first.checked_add((shift + width).div_ceil(8))?)?;
    let number = bytes.iter().rev().fold(0_u128, |number, &byte| number << 8 | u128::from(byte));
    Some(((number >> shift) & ((1_u128 << width) - 1)) as u64)
}

/// `count` numbers of `width` bits, at most 32, in runs.
pub(crate) fn runs(bytes: &[u8], width: usize, count: usize) -> Option<Vec<u32>> {
    let mut reader = Reader::new(bytes);
    let mut numbers = Vec::new();
    while width <= 32 && numbers.len() < count {
        let left = count - numbers.len();
        let head = reader.unsigned()?;
        let length = head >> 1;
        if head & 1 == 0 {
            let number = unpacked(reader.take(width.div_ceil(8) as u64)?, width, 0)? as u32;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            numbers.extend(std::iter::repeat_n(number, length.min(left)));
        } else {
            // Eight numbers a group; the last group of all may be cut off behind its last number.
            let packed = reader.take_up_to(length.checked_mul(width as u64)?);
            let length = usize::try_from(length.checked_mul(8)?).unwrap_or(usize::MAX);
            for place in 0..length.min(left) {
                numbers.push(unpacked(packed, width, place)? as u32);
            }
        }
    }
    (numbers.len() == count).then_some(numbers)
}

/// At most `count` numbers, each as its difference from the one before.
pub(crate) fn deltas(reader: &mut Reader<'_>, count: usize) -> Option<Vec<i64>> {
    let (block, parts) = (reader.unsigned()?, reader.unsigned()?);
    let total = usize::try_from(reader.unsigned()?).ok().filter(|&total| total <= count)?;
    let mut number = reader.signed()?;
    let of_part = block.checked_div(parts).filter(|size| size % 8 == 0 && *size > 0)?;
    let mut numbers: Vec<i64> = (total > 0).then_some(number).into_iter().collect();
    while numbers.len() < total {
        let least = reader.signed()?;
        for &width in reader.take(parts)? {
            // Parts behind the last number are not there.
            if numbers.len() == total {
                break;
            }
            let width = usize::from(width.min(65));
            let packed = reader.take((of_part / 8).checked_mul(width as u64)?)?;
            let held = usize::try_from(of_part).unwrap_or(usize::MAX).min(total - numbers.len());
            for place in 0..held {
                let delta = unpacked(packed, width, place).filter(|_| width <= 64)?;
                number = number.wrapping_add(least).wrapping_add(delta.cast_signed());
                numbers.push(number);
            }
        }
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_numbers_are_those_of_the_format_s_own_example() {
        // 0 to 7 in three bits each.
        let packed = [0b1000_1000, 0b1100_0110, 0b1111_1010];
        let numbers: Vec<u64> = (0..8).map(|place| unpacked(&packed, 3, place).unwrap()).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(unpacked(&packed, 3, 8), None);
        let runs_of_3 = [&[0x03][..], &packed, &[0x08, 5]].concat();
        assert_eq!(runs(&runs_of_3, 3, 12).unwrap(), [0, 1, 2, 3, 4, 5, 6, 7, 5, 5, 5, 5]);
        assert_eq!(runs(&runs_of_3, 3, 13), None);
        assert_eq!(unpacked(&[0xff; 9], 64, 0), Some(u64::MAX));
    }

    #[test]
    fn differences_are_those_of_the_format_s_own_examples() {
        // 1 to 5: no bits are needed, for all differences are the least.
        let bytes = [0x80, 0x01, 0x04, 0x05, 0x02, 0x02, 0, 0, 0, 0];
        let mut reader = Reader::new(&bytes);
        assert_eq!(deltas(&mut reader, 5).unwrap(), [1, 2, 3, 4, 5]);
        assert_eq!(reader.left(), 0);
        assert_eq!(deltas(&mut Reader::new(&bytes), 4), None);
        // 7 5 3 1 2 3 4 5: the least is -2, the others above it in two bits.
        let bytes = [&[0x80, 0x01, 0x04, 0x08, 0x0e, 0x03, 2, 0, 0, 0][..], &[0xc0, 0x3f], &[0; 6]]
            .concat();
        assert_eq!(deltas(&mut Reader::new(&bytes), 8).unwrap(), [7, 5, 3, 1, 2, 3, 4, 5]);
        // A block of no numbers, of no parts, and more bits than a number has.
        for start in [[0, 1, 3, 2], [0x08, 0, 3, 2]] {
            assert_eq!(deltas(&mut Reader::new(&[&start[..], &[0; 20]].concat()), 3), None);
        }
        assert_eq!(deltas(&mut Reader::new(&[8, 1, 3, 2, 0, 200, 0, 0, 0, 0, 0]), 3), None);
    }
}
