//! Operations that replace each byte by another, as Pillow's `ImageOps`.

/// The darkest byte of a plane becomes 0 and the brightest 255.
pub(super) fn stretched(plane: &[u8]) -> [u8; 256] {
    let low = plane.iter().min().copied().unwrap_or(0);
    let high = plane.iter().max().copied().unwrap_or(0);
    if high <= low {
        return table(|byte| byte);
    }
    let scale = 255.0 / f64::from(high - low);
    let offset = -f64::from(low) * scale;
    // The conversion cuts off the fraction and what is outside of a byte.
    table(|byte| (f64::from(byte) * scale + offset) as u8)
}

/// Every range of bytes has as many pixels of a plane, as far as it can.
pub(super) fn equalised(plane: &[u8]) -> [u8; 256] {
    let mut counts = [0_usize; 256];
    for &byte in plane {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let brightest = counts.iter().rev().find(|&&count| count > 0).copied().unwrap_or(0);
    let step = (plane.len() - brightest) / 255;
    if step == 0 {
        return table(|byte| byte);
    }
    let mut before = step / 2;
    counts.map(|count| {
        let level = (before / step).min(255) as u8;
        before += count;
        level
    })
}

/// Bytes from `threshold` on are inverted.
pub(super) fn solarised(threshold: f64) -> [u8; 256] {
    table(|byte| if f64::from(byte) < threshold { byte } else { 255 - byte })
}

/// The lowest `bits` are 0.
pub(super) fn posterised(bits: u32) -> [u8; 256] {
    table(|byte| byte & u8::MAX.checked_shl(bits).unwrap_or(0))
}

fn table(of: impl Fn(u8) -> u8) -> [u8; 256] {
    std::array::from_fn(|byte| of(byte as u8))
}
