//! Curves as TensorBoard reads them: records of `Event` messages.
//!
//! The format is that of TensorFlow's `record_writer` (a length, its check sum, the message, its check sum, the sums
//! being CRC-32C, turned and shifted) around the protocol buffer `tensorflow.Event` of `event.proto`, of which three
//! fields are needed; that of the time is left out.

use crate::summary::{Curve, Point, Summary};
use crate::wording::{Wording, wording};

/// TensorBoard takes any file whose name holds `tfevents`.
const FILE: &str = "events.out.tfevents.0.potstill";

/// The first record of each file.
const VERSION: &str = "brain.Event:2";

/// One file for each curve, in the order of the summary.
pub(crate) fn all(summary: &Summary) -> Vec<(String, Vec<u8>)> {
    let named = summary.curves.iter().map(|curve| {
        (
            format!("{}-seed-{}/{FILE}", curve.role, curve.seed),
            of_curve(curve, wording(summary.task)),
        )
    });
    named.collect()
}

fn of_curve(curve: &Curve, words: &Wording) -> Vec<u8> {
    let mut file = Vec::new();
    let mut version = Message::default();
    version.bytes(3, VERSION.as_bytes());
    push_record(&mut file, &version.0);
    for point in &curve.points {
        push_record(&mut file, &event(point, words).0);
    }
    file
}

fn event(point: &Point, words: &Wording) -> Message {
    let mut summary = Message::default();
    for (tag, value) in scalars(point, words) {
        let mut entry = Message::default();
        entry.bytes(1, tag.as_bytes());
        entry.float(2, value as f32);
        summary.bytes(1, &entry.0);
    }
    let mut event = Message::default();
    event.integer(2, point.step);
    event.bytes(5, &summary.0);
    event
}

/// What a point holds, by the name that TensorBoard groups by; what was not measured is left out.
fn scalars(point: &Point, words: &Wording) -> Vec<(String, f64)> {
    let mut scalars = vec![("loss/total".to_owned(), point.loss)];
    scalars.extend(point.parts.iter().map(|(name, value)| (format!("loss/{name}"), *value)));
    let [score, loss, agreement] = words.tags;
    let shown = if words.is_share { point.validation_score } else { -point.validation_score };
    scalars.push((score.to_owned(), shown));
    scalars.push((loss.to_owned(), point.validation_loss));
    scalars.extend(point.agreement.map(|value| (agreement.to_owned(), value)));
    let norms = point.gradient_norms.iter();
    scalars.extend(norms.map(|(name, value)| (format!("gradient_norm/{name}"), *value)));
    scalars.extend(point.learning_rate.map(|value| ("training/learning_rate".to_owned(), value)));
    scalars.retain(|(_, value)| value.is_finite());
    scalars
}

fn push_record(file: &mut Vec<u8>, message: &[u8]) {
    let length = (message.len() as u64).to_le_bytes();
    for part in [length.as_slice(), message] {
        file.extend_from_slice(part);
        file.extend_from_slice(&masked(crc32c::crc32c(part)).to_le_bytes());
    }
}

/// A sum of bytes that hold sums themselves would be weak.
fn masked(sum: u32) -> u32 {
    sum.rotate_right(15).wrapping_add(0xA282_EAD8)
}

/// A protocol buffer in the making.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn float(&mut self, field: u8, value: f32) {
        self.0.push(field << 3 | 5);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn integer(&mut self, field: u8, value: u64) {
        self.0.push(field << 3);
        self.variable_length(value);
    }

    fn bytes(&mut self, field: u8, value: &[u8]) {
        self.0.push(field << 3 | 2);
        self.variable_length(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    fn variable_length(&mut self, mut value: u64) {
        while value > 0x7F {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}
