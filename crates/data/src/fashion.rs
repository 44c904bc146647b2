/*!
Where Fashion-MNIST may lie on a machine, and what its classes are called.

Fashion-MNIST: Xiao, Rasul and Vollgraf, 2017, arXiv:1708.07747; 60,000 training and 10,000 test
images of 28x28, MIT licence.
*/

use std::path::{Path, PathBuf};

use crate::error::DataError;

/// The names of the ten classes, in the order of their labels.
pub(crate) const CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// Where Debian's package dataset-fashion-mnist puts the files.
const DEBIAN: &str = "/usr/share/datasets/fashion-mnist";
const FOLDER: &str = "fashion-mnist";

/// The first folder that holds the training images: below `$POTSTILL_DATA`, below `data` in `base`
/// or a folder above it, or Debian's place.
pub(crate) fn find(base: &Path) -> Result<PathBuf, DataError> {
    find_in(std::env::var_os("POTSTILL_DATA").map(PathBuf::from), base, Path::new(DEBIAN))
}

fn find_in(chosen: Option<PathBuf>, base: &Path, debian: &Path) -> Result<PathBuf, DataError> {
    let base = std::path::absolute(base).unwrap_or_else(|_| base.into());
    let chosen = chosen.map(|folder| folder.join(FOLDER));
    let near = base.ancestors().map(|folder| folder.join("data").join(FOLDER));
    let places = chosen.clone().into_iter().chain(near).chain([debian.to_owned()]);
    if let Some(found) = places.into_iter().find(|place| holds_training_images(place)) {
        return Ok(found);
    }
    let named = chosen.map_or_else(
        || "$POTSTILL_DATA (not set)".to_owned(),
        |folder| folder.display().to_string(),
    );
    let near = base.join("data").join(FOLDER).display().to_string();
    Err(DataError::FashionMnistAbsent {
        places: vec![
            named,
            near,
            format!("data/{FOLDER} in each folder above"),
            debian.display().to_string(),
        ],
    })
}

fn holds_training_images(folder: &Path) -> bool {
    crate::mnist::file_in(folder, "train-images-idx3-ubyte").is_ok()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_folder_comes_before_those_near_the_recipe() {
        let root = tempfile::tempdir().unwrap();
        let place = |path: &str| {
            let folder = root.path().join(path).join("fashion-mnist");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("train-images-idx3-ubyte.gz"), []).unwrap();
            folder
        };
        let debian = place("debian");
        let recipes = root.path().join("project/recipes");
        std::fs::create_dir_all(&recipes).unwrap();
        assert_eq!(find_in(None, &recipes, &debian).unwrap(), debian);
        let near = place("project/data");
        assert_eq!(find_in(None, &recipes, &debian).unwrap(), near);
        let chosen = place("chosen");
        let setting = Some(root.path().join("chosen"));
        assert_eq!(find_in(setting, &recipes, &debian).unwrap(), chosen);
    }

    #[test]
    fn where_it_is_absent_the_message_names_the_places_and_the_way_to_get_it() {
        let root = tempfile::tempdir().unwrap();
        let error = find_in(None, root.path(), &root.path().join("debian")).unwrap_err();
        let near = root.path().join("data/fashion-mnist");
        assert_eq!(
            error.to_string(),
            format!(
                "the files of Fashion-MNIST are not on this machine; looked at \
                 `$POTSTILL_DATA (not set)`, `{}`, `data/fashion-mnist in each folder above`, `{}`",
                near.display(),
                root.path().join("debian").display()
            )
        );
        assert_eq!(
            error.hint().unwrap(),
            "run scripts/fetch-fashion-mnist.sh, or install Debian's package dataset-fashion-mnist"
        );
    }
}
