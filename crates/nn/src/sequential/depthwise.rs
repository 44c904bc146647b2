//! `depthwise-conv`: a convolution of each channel by itself.

use data::SampleShape;
use options::{OptionError, Section};
use serde::{Deserialize, Serialize};

use super::convolution::Window;
use super::described::{Kind, Mistake, Part};
use crate::plan::image;
use crate::{Initial, Layer};

/// The options of a depthwise convolution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DepthwisePlan {
    #[serde(flatten)]
    window: Window,
}

impl DepthwisePlan {
    pub(super) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(Self { window: Window::read(section)? })
    }
}

impl Kind for DepthwisePlan {
    fn output(&self, input: SampleShape, path: &str) -> Result<SampleShape, Mistake> {
        let [channels, ..] = image(input);
        self.window.output("depthwise-conv", channels, input, path)
    }

    fn row(&self, path: &str, input: SampleShape, output: SampleShape) -> Layer {
        let [channels, ..] = image(input);
        self.window.row("depthwise convolution", path, channels, input, output)
    }

    fn build(&self, input: SampleShape, _path: &str, initial: &Initial) -> Part {
        let [channels, ..] = image(input);
        self.window.build([channels, channels], channels, initial)
    }
}
