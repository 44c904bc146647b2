//! A tap of the student beside one of the teacher, as numbers.

use burn::tensor::{Tensor, TensorData};
use nn::Feature;
use ops::Level;
use ops::gram::{add_product, products};
use tensors::{HostNumbers, channels_last, known_gradient};

use crate::feature_map::FeatureMap;

/// What student and teacher hold at the taps that are compared, for the samples of a batch.
#[derive(Clone, Debug)]
pub struct TapPair {
    /// `[batch, channels, positions]`, with the tape.
    student: Tensor<3>,
    sides: [usize; 2],
    teacher: FeatureMap,
    rows: Vec<usize>,
}

impl TapPair {
    /// The two features; that of the teacher is a constant.
    pub fn new(student: &Feature, teacher: &Feature) -> Self {
        let constant = numbers(&teacher.by_channel(), teacher.shape().sides());
        let sides = student.shape().sides();
        Self { student: student.by_channel(), sides, teacher: constant, rows: Vec::new() }
    }

    /// The same for samples in these rows of the transfer set.
    pub(crate) fn of_rows(self, rows: &[usize]) -> Self {
        Self { rows: rows.to_vec(), ..self }
    }

    /// The rows of the samples in the transfer set.
    pub(crate) fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// Samples of the batch, of student and teacher.
    pub(crate) fn batch(&self) -> [usize; 2] {
        let [batch, ..] = self.student.dims();
        [batch, self.teacher.batch]
    }

    /// The student's side with its tape, `[batch, channels, positions]`.
    pub(crate) fn student(&self) -> Tensor<3> {
        self.student.clone()
    }

    /// The teacher's side.
    pub(crate) fn teacher(&self) -> &FeatureMap {
        &self.teacher
    }

    /// Height and width of the student's side.
    pub(crate) fn sides(&self) -> [usize; 2] {
        self.sides
    }

    /// The same with each channel of the student averaged over windows, to these sides
    /// ([`FeatureMap::averaged`]), on its tape.
    pub(crate) fn averaged(&self, sides: [usize; 2]) -> Self {
        let [batch, channels, positions] = self.student.dims();
        if sides == self.sides {
            return self.clone();
        }
        // Each position by itself, averaged, says how much of it goes where.
        let mut values = vec![0.0; positions * positions];
        values.iter_mut().step_by(positions + 1).for_each(|value| *value = 1.0);
        let each = FeatureMap { values, batch: 1, channels: positions, sides: self.sides };
        let shares = each.averaged(sides);
        let (device, kept) = (self.student.device(), shares.positions());
        let values: Vec<f32> = shares.values.iter().map(|&share| share as f32).collect();
        let shares = Tensor::from_data(TensorData::new(values, [positions, kept]), &device);
        let rows = self.student.clone().reshape([batch * channels, positions]);
        let averaged = tensors::dense(rows, shares, Tensor::zeros([kept], &device));
        Self { student: averaged.reshape([batch, channels, kept]), sides, ..self.clone() }
    }

    /// The same with another value of the student, of the same positions.
    pub(crate) fn with_student(&self, student: Tensor<3>) -> Self {
        Self { student, ..self.clone() }
    }

    /// The same with another value of the teacher.
    pub(crate) fn with_teacher(&self, teacher: FeatureMap) -> Self {
        Self { teacher, ..self.clone() }
    }

    /// The student's side with its tape as images with their channels last, `[batch, height, width, channels]`.
    pub(crate) fn images(&self) -> Tensor<4> {
        let [batch, channels, _] = self.student.dims();
        let [height, width] = self.sides;
        self.student.clone().swap_dims(1, 2).reshape([batch, height, width, channels])
    }

    /// The teacher's side without a tape, `[batch, channels, positions]`.
    pub(crate) fn teacher_tensor(&self) -> Tensor<3> {
        let FeatureMap { values, batch, channels, .. } = &self.teacher;
        let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
        let data = TensorData::new(values, [*batch, *channels, self.teacher.positions()]);
        Tensor::from_data(data, &self.student.device())
    }

    /// The same as images, channels last.
    pub(crate) fn teacher_images(&self) -> Tensor<4> {
        let FeatureMap { batch, channels, sides: [height, width], .. } = self.teacher;
        channels_last(self.teacher_tensor().reshape([batch, channels, height, width]))
    }

    /// The same with images in the student's place, channels last.
    pub(crate) fn with_images(&self, images: Tensor<4>) -> Self {
        let [batch, height, width, channels] = images.dims();
        let student = images.reshape([batch, height * width, channels]).swap_dims(1, 2);
        Self { student, sides: [height, width], ..self.clone() }
    }

    /// The student's side as numbers.
    pub(crate) fn student_numbers(&self) -> FeatureMap {
        numbers(&self.student, self.sides)
    }

    /// A value with its gradient by the student's side, as one on its tape.
    pub(crate) fn with_gradient(&self, value: f64, gradient: &[f64]) -> Tensor<1> {
        let gradient = gradient.iter().map(|&slope| slope as f32).collect();
        known_gradient(&self.student, value, gradient)
    }

    /// A loss of both sides, brought to the same size: the larger is averaged over windows, along each
    /// axis by itself. `loss` gives the value and its gradient by the student's side.
    pub(crate) fn at_one_size(
        &self,
        loss: impl FnOnce(&FeatureMap, &FeatureMap) -> (f64, Vec<f64>),
    ) -> Tensor<1> {
        let student = self.student_numbers();
        let sides = smaller(self.sides, self.teacher.sides);
        let (value, gradient) = loss(&student.averaged(sides), &self.teacher.averaged(sides));
        self.with_gradient(value, &student.spread_back(sides, gradient))
    }

    /// A loss of both sides, each of its own size.
    pub(crate) fn at_any_size(
        &self,
        loss: impl FnOnce(&FeatureMap, &FeatureMap) -> (f64, Vec<f64>),
    ) -> Tensor<1> {
        let (value, gradient) = loss(&self.student_numbers(), &self.teacher);
        self.with_gradient(value, &gradient)
    }

    /// A loss of how the samples of the batch relate to one another. `loss` sees the products of the rows
    /// of the student with each other and those of the teacher, `batch * batch` each, and gives the value
    /// and its gradient by the student's products.
    pub(crate) fn by_products(
        &self,
        loss: impl FnOnce(&[f64], &[f64]) -> (f64, Vec<f64>),
    ) -> Tensor<1> {
        let student = self.student_numbers();
        let of = |map: &FeatureMap| products(Level::best(), &map.values, &map.values, map.width());
        let (value, slopes) = loss(&of(&student), &of(&self.teacher));
        let mut gradient = vec![0.0; student.values.len()];
        let slopes = with_transposed(&slopes, student.batch);
        add_product(Level::best(), [&slopes, &student.values], student.width(), 1.0, &mut gradient);
        self.with_gradient(value, &gradient)
    }
}

/// The smaller of both along each axis.
pub(crate) fn smaller([a, b]: [usize; 2], [c, d]: [usize; 2]) -> [usize; 2] {
    [a.min(c), b.min(d)]
}

fn numbers(tensor: &Tensor<3>, sides: [usize; 2]) -> FeatureMap {
    let [batch, channels, _] = tensor.dims();
    let values = HostNumbers::of(tensor).iter().map(|&value| f64::from(value)).collect();
    FeatureMap { values, batch, channels, sides }
}

/// A square matrix plus itself transposed.
fn with_transposed(matrix: &[f64], side: usize) -> Vec<f64> {
    let at = |row: usize, column: usize| matrix.get(row * side + column).copied();
    let sum = |place: usize| {
        let (row, column) = (place / side.max(1), place % side.max(1));
        at(row, column).unwrap_or_default() + at(column, row).unwrap_or_default()
    };
    (0..matrix.len()).map(sum).collect()
}
