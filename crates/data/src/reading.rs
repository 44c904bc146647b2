/*!
What must be known to read images beside their files, stored with the student so that `predict` and
`evaluate` read them alike.
*/

use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};

/// How images are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageReading {
    /// Where the channels stand in an array of four dimensions; last where nothing is said.
    pub layout: Option<Layout>,
    /// Bring the images of a folder to so many pixels on each side: the shorter side is scaled to it
    /// with a triangle filter, then the middle is cut out.
    pub size: Option<usize>,
    /// Make the images of a folder grey (1, luma of ITU-R BT.709) or RGB (3).
    pub channels: Option<usize>,
}

/// The order of the dimensions of an array of images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `[count, height, width, channels]`, as Keras, PIL and OpenCV have it.
    #[default]
    ChannelsLast,
    /// `[count, channels, height, width]`, as PyTorch has it.
    ChannelsFirst,
}

const LAYOUT: Key =
    Key("layout", "channels-last (where left out) or channels-first, in an array of images");
const SIZE: Key = Key("size", "bring the images of a folder to this height and width");
const CHANNELS: Key = Key("channels", "make the images of a folder grey (1) or RGB (3)");
const LAST: &str = "channels-last";
const FIRST: &str = "channels-first";

impl ImageReading {
    /// Reads its keys of the section `[data]`.
    ///
    /// # Errors
    /// Values of another type, or none of the choices.
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let layout = section.optional_choice(LAYOUT, &[LAST, FIRST])?;
        let layout = layout.map(|layout| match layout.as_str() {
            FIRST => Layout::ChannelsFirst,
            _ => Layout::ChannelsLast,
        });
        let size = section.optional_integer(SIZE, 1..=4096)?.map(|size| size as usize);
        let channels = section.optional_integer(CHANNELS, 1..=3)?.map(|channels| channels as usize);
        if channels == Some(2) {
            let message = "`data.channels` is 2, expected 1 or 3".to_owned();
            let hint = "set channels = 1 for grey or channels = 3 for RGB".to_owned();
            return Err(section.conflict("channels", message, hint));
        }
        Ok(Self { layout, size, channels })
    }

    /// The same with the layout stated, as a model keeps it.
    pub(crate) fn settled(self) -> Self {
        Self { layout: Some(self.layout.unwrap_or_default()), ..self }
    }
}
