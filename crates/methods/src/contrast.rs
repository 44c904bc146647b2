//! Samples against their own places of a memory and those of others.

/// What the samples of a batch are compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contrast<'a> {
    /// One row for each row of the transfer set.
    pub(crate) memory: &'a [f64],
    /// Numbers of a row.
    pub(crate) width: usize,
    /// The place of each sample of the batch.
    pub(crate) rows: &'a [usize],
    /// The places of its negatives.
    pub(crate) negatives: &'a [Vec<usize>],
    /// What products are divided by.
    pub(crate) temperature: f64,
}

/// What is added to `K / N`.
const EPSILON: f64 = 1e-7;

impl Contrast<'_> {
    /// Rows of the memory.
    fn count(&self) -> f64 {
        (self.memory.len() / self.width.max(1)).max(1) as f64
    }

    fn place(&self, row: usize) -> &[f64] {
        let start = row * self.width;
        self.memory.get(start..start + self.width).unwrap_or_default()
    }

    /// The product with a place, divided by the temperature.
    fn score(&self, embedding: &[f64], row: usize) -> f64 {
        let product: f64 = embedding.iter().zip(self.place(row)).map(|(x, m)| x * m).sum();
        product / self.temperature
    }

    /// The samples with their places and negatives.
    fn samples<'s>(
        &'s self,
        embeddings: &'s [f64],
    ) -> impl Iterator<Item = (&'s [f64], usize, &'s [usize])> {
        let samples = embeddings.chunks_exact(self.width.max(1));
        let places = self.rows.iter().zip(self.negatives);
        samples.zip(places).map(|(sample, (&row, others))| (sample, row, others.as_slice()))
    }
}

/// The normalising constant: the mean of the exponentials times the rows of the memory.
pub(crate) fn kernels(embeddings: &[f64], setting: &Contrast<'_>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (sample, row, others) in setting.samples(embeddings) {
        for &place in std::iter::once(&row).chain(others) {
            sum += libm::exp(setting.score(sample, place));
            count += 1.0;
        }
    }
    setting.count() * sum / f64::max(count, 1.0)
}

/// The loss of the embeddings, which have length 1, and its slopes by them.
pub(crate) fn contrast(embeddings: &[f64], setting: &Contrast<'_>, scale: f64) -> (f64, Vec<f64>) {
    let share = 1.0 / setting.rows.len().max(1) as f64;
    let (mut value, mut slopes) = (0.0, vec![0.0; embeddings.len()]);
    let out = slopes.chunks_exact_mut(setting.width.max(1));
    for ((sample, row, others), slopes) in setting.samples(embeddings).zip(out) {
        let noise = others.len() as f64 / setting.count();
        let bound = noise + EPSILON;
        let mut pull = |place: usize, strength: f64| {
            let factor = share * strength / setting.temperature;
            for (slope, m) in slopes.iter_mut().zip(setting.place(place)) {
                *slope += factor * m;
            }
        };
        let own = libm::exp(setting.score(sample, row)) / scale;
        value += share * libm::log1p(bound / own);
        pull(row, -bound / (own + bound));
        for &other in others {
            let h = libm::exp(setting.score(sample, other)) / scale;
            value += share * (libm::log(h + bound) - libm::log(noise));
            pull(other, h / (h + bound));
        }
    }
    (value, slopes)
}
