//! `sweep.json`: what a sweep is, and how far it is.

use std::path::{Path, PathBuf};

use recipe::Recipe;
use report::summary::{SweepAxis, SweepPoint, SweepView};
use serde::{Deserialize, Serialize};
use store::{Disk, read_limited};

use super::grid;
use crate::archive::unreadable;
use crate::{JobError, Request};

const FILE: &str = "sweep.json";
const FORMAT: u32 = 1;
const LARGEST: u64 = 64 << 20;

/// The content of `sweep.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepRecord {
    /// Version of this file's format.
    pub format: u32,
    /// The command that began it.
    pub command: String,
    /// The folder that relative paths of the recipe start at.
    pub base: PathBuf,
    /// Path of the recipe, as typed.
    pub origin: String,
    /// Its text.
    pub recipe: String,
    /// What was set on top, the same for all points.
    pub assignments: Vec<String>,
    /// The keys with their values.
    pub axes: Vec<SweepAxis>,
    /// One for each combination.
    pub points: Vec<PointRecord>,
}

/// One combination of values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointRecord {
    /// For each key the place of its value.
    pub places: Vec<usize>,
    /// Its run, below the folder of the sweep.
    pub folder: String,
    /// Accuracy of the distilled student on validation for each seed; none while it is not trained.
    pub validation_accuracy: Option<Vec<f64>>,
}

impl PointRecord {
    /// Mean over seeds; none while the point is not trained.
    pub fn mean(&self) -> Option<f64> {
        let values = self.validation_accuracy.as_ref()?;
        Some(values.iter().sum::<f64>() / values.len().max(1) as f64)
    }
}

impl SweepRecord {
    pub(super) fn new(request: &Request, axes: &[SweepAxis]) -> Result<Self, JobError> {
        let base = std::path::absolute(&request.base).unwrap_or_else(|_| request.base.clone());
        let points = grid::places(axes)?.into_iter().enumerate().map(|(number, places)| {
            let folder = format!("point-{:03}", number + 1);
            PointRecord { places, folder, validation_accuracy: None }
        });
        Ok(Self {
            format: FORMAT,
            command: request.command.clone(),
            base,
            origin: request.origin.clone(),
            recipe: request.text.clone(),
            assignments: request.assignments.clone(),
            axes: axes.to_vec(),
            points: points.collect(),
        })
    }

    /// Whether a folder is that of a sweep.
    pub(super) fn is_in(folder: &Path) -> bool {
        folder.join(FILE).is_file()
    }

    pub(super) fn read(folder: &Path) -> Result<Self, JobError> {
        let path = folder.join(FILE);
        let bytes = read_limited(&path, LARGEST)?;
        let record: Self = serde_json::from_slice(&bytes)
            .map_err(|error| unreadable(&path, &error.to_string()))?;
        if record.format > FORMAT {
            return Err(unreadable(&path, "it was made by a newer version"));
        }
        Ok(record)
    }

    pub(super) fn write(&self, disk: &Disk, folder: &Path) -> Result<(), JobError> {
        let path = folder.join(FILE);
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| unreadable(&path, &error.to_string()))?;
        Ok(disk.write_file(&path, &bytes)?)
    }

    /// The values of a point, as `section.key=value`.
    pub(super) fn assignments(&self, point: &PointRecord) -> Vec<String> {
        grid::assignments(&self.axes, &point.places)
    }

    /// The recipe of a point.
    pub(super) fn recipe(&self, point: &PointRecord) -> Result<Recipe, JobError> {
        let all = [self.assignments.clone(), self.assignments(point)].concat();
        let recipe = Recipe::read(&self.origin, &self.recipe, &all)?;
        if recipe.data.validation > 0.0 {
            return Ok(recipe);
        }
        Err(JobError::NothingToChooseBy)
    }

    /// The best point on validation, the first of equals; none before any is trained.
    pub(super) fn best(&self) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (number, point) in self.points.iter().enumerate() {
            if let Some(mean) = point.mean()
                && best.is_none_or(|(_, highest)| mean > highest)
            {
                best = Some((number, mean));
            }
        }
        best.map(|(number, _)| number)
    }

    pub(super) fn view(&self) -> SweepView {
        let best = self.best();
        let points = self.points.iter().enumerate().map(|(number, point)| SweepPoint {
            places: point.places.clone(),
            validation_accuracy: point.mean().unwrap_or(f64::NAN),
            chosen: best == Some(number),
        });
        SweepView { axes: self.axes.clone(), points: points.collect() }
    }
}
