/*!
Bytes that are read from their beginning, never beyond their end.
*/

/// What is left to read. Each method gives nothing where too little is left.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(count).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    /// The next bytes, as many as there are.
    pub(crate) fn take_up_to(&mut self, count: u64) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(count.min(self.rest.len() as u64) as usize);
        self.rest = rest;
        taken
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// A number of four bytes, the lowest first.
    pub(crate) fn length(&mut self) -> Option<u64> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?).into())
    }

    /// A number of seven bits a byte, the lowest first (LEB128).
    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// As [`unsigned`](Self::unsigned), with signs that alternate: 0, -1, 1, -2 and so on.
    pub(crate) fn signed(&mut self) -> Option<i64> {
        let number = self.unsigned()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}
