/*!
Files with the same bytes among those that are learned from and those of the test part.
*/

use std::path::Path;

use crate::file::SourceFile;
use crate::npz;
use crate::source::Named;

/// A file that is a copy of one on the other side of the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedFile {
    /// The option that names it.
    pub key: &'static str,
    /// The file.
    pub name: String,
    /// What the other file belongs to, in the words of the recipe.
    pub of: &'static str,
    /// The other file.
    pub original: String,
}

impl CopiedFile {
    /// The first of the `files` that `key` names, read as `sources`, that is a copy of one of the `originals`. Parts of something
    /// larger, as an array of an archive is, are passed over.
    pub(crate) fn find(
        (key, files): (&'static str, &[Named]),
        sources: &[SourceFile],
        (of, originals): (&'static str, &[SourceFile]),
    ) -> Option<Self> {
        let whole = |source: &&SourceFile| {
            files.iter().any(|file| file.name == source.name)
                && npz::address(Path::new(&source.name)).is_none()
        };
        let found = |copy: &SourceFile| {
            let original = originals.iter().find(|one| one.blake3 == copy.blake3)?;
            let (name, original) = (copy.name.clone(), original.name.clone());
            Some(Self { key, name, of, original })
        };
        sources.iter().filter(whole).find_map(found)
    }
}
