//! Singular vectors of small matrices.

/// The singular value decomposition of a matrix by its rows: values from the largest, each with its left singular
/// vector and with the row that the vector makes of the matrix, which is the value times the right singular vector.
#[derive(Debug)]
pub(crate) struct Singular {
    pub(crate) values: Vec<f64>,
    /// One for each row of the matrix, also where the value is 0.
    pub(crate) vectors: Vec<Vec<f64>>,
    pub(crate) rows: Vec<Vec<f64>>,
}

/// Passes over all pairs of rows; a few are enough for any matrix.
const MOST_PASSES: usize = 60;
/// The cosine of two rows that count as perpendicular.
const SMALLEST: f64 = 1e-15;

impl Singular {
    /// One-sided Jacobi rotations (Hestenes, 1958) of the rows, `width` numbers each, until all are perpendicular. A
    /// vector points to where its largest number is positive.
    pub(crate) fn of(matrix: &[f64], width: usize) -> Self {
        let mut rows: Vec<Vec<f64>> =
            matrix.chunks_exact(width.max(1)).map(<[f64]>::to_vec).collect();
        let side = rows.len();
        let unit = |own: usize| (0..side).map(|other| f64::from(u8::from(other == own))).collect();
        let mut vectors: Vec<Vec<f64>> = (0..side).map(unit).collect();
        for _ in 0..MOST_PASSES {
            let mut turned = false;
            for second in 1..side {
                for first in 0..second {
                    turned |= rotate(&mut rows, &mut vectors, [first, second]);
                }
            }
            if !turned {
                break;
            }
        }
        let length = |row: &Vec<f64>| dot(row, row).sqrt();
        let mut parts: Vec<(f64, Vec<f64>, Vec<f64>)> = vectors
            .into_iter()
            .zip(rows)
            .map(|(vector, row)| (length(&row), vector, row))
            .collect();
        parts.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut found = Self { values: Vec::new(), vectors: Vec::new(), rows: Vec::new() };
        for (value, vector, row) in parts {
            let sign = sign(&vector);
            let signed = |numbers: Vec<f64>| numbers.into_iter().map(|x| sign * x).collect();
            found.values.push(value);
            found.vectors.push(signed(vector));
            found.rows.push(signed(row));
        }
        found
    }
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The sign of the first of the largest numbers.
fn sign(vector: &[f64]) -> f64 {
    let largest =
        vector.iter().fold(0.0, |most: f64, x| if x.abs() > most.abs() { *x } else { most });
    if largest < 0.0 { -1.0 } else { 1.0 }
}

/// Makes two rows perpendicular, and says whether they were not.
fn rotate(rows: &mut [Vec<f64>], vectors: &mut [Vec<f64>], [first, second]: [usize; 2]) -> bool {
    let Some([a, b]) = pair(rows, [first, second]) else { return false };
    let (alpha, beta, gamma) = (dot(a, a), dot(b, b), dot(a, b));
    if gamma.abs() <= SMALLEST * (alpha * beta).sqrt() || gamma == 0.0 {
        return false;
    }
    let zeta = (beta - alpha) / (2.0 * gamma);
    let side = if zeta < 0.0 { -1.0 } else { 1.0 };
    let tangent = side / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
    let sine = cosine * tangent;
    turn([a, b], cosine, sine);
    if let Some(both) = pair(vectors, [first, second]) {
        turn(both, cosine, sine);
    }
    true
}

fn turn([a, b]: [&mut Vec<f64>; 2], cosine: f64, sine: f64) {
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}

/// Two different rows, the first before the second.
fn pair(rows: &mut [Vec<f64>], [first, second]: [usize; 2]) -> Option<[&mut Vec<f64>; 2]> {
    let (before, behind) = rows.split_at_mut_checked(second)?;
    Some([before.get_mut(first)?, behind.first_mut()?])
}
