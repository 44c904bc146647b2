//! What the user can do about what ended a job.

use crate::JobError;

impl JobError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Recipe(error) => error.hint(),
            Self::Data(error) => error.hint(),
            Self::Network(error) => error.hint(),
            Self::Train { source, .. } => source.hint(),
            Self::Teacher(error) => error.hint(),
            Self::Method(error) => error.hint(),
            Self::Link { source, .. } => source.hint(),
            Self::Labels(error) => error.hint(),
            Self::Eval(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Model { source, .. } => source.hint(),
            Self::FolderNotEmpty { path } => Some(format!(
                "choose another folder, or continue the run in it with `potstill resume {}`",
                path.display()
            )),
            Self::NotARun { path } if crate::is_sweep(path) => Some(format!(
                "this is a sweep; give the run of one of its points, such as `{}`",
                path.join("point-001").display()
            )),
            Self::NotARun { .. } => Some("give a folder that `potstill distill` made".to_owned()),
            Self::AlreadyDone { path } => {
                Some(format!("read its result with `potstill report {}`", path.display()))
            }
            Self::NotDone { path } => {
                Some(format!("finish it with `potstill resume {}`", path.display()))
            }
            Self::NoReport { path } => {
                Some(format!("score its model with `potstill evaluate {}`", path.display()))
            }
            Self::Grid { .. } => Some("such as `--grid distill.temperature=1,2,4,8`".to_owned()),
            Self::NothingToChooseBy => Some("set `validation = 0.1` in `[data]`".to_owned()),
            Self::NotComparable { .. } => Some(
                "compare runs with the same `[data]` and the same number of seeds, finished by \
                 this version"
                    .to_owned(),
            ),
            Self::DataChanged { .. } => {
                Some("put the old file back, or start a new run".to_owned())
            }
            Self::NoLabel { .. } => {
                Some("only rows with labels can be evaluated; use `potstill predict`".to_owned())
            }
            Self::TeacherNotTrained => {
                Some("choose the student, or give `[teacher]` a `model` to train".to_owned())
            }
            Self::NoTeacherYet => Some(
                "train it by `potstill train RECIPE --model teacher`, and name its run by `file` in \
                 `[teacher]`"
                    .to_owned(),
            ),
            Self::Remembers => {
                Some("choose a method without a memory, or give `[teacher]` a `model`".to_owned())
            }
            Self::NoHead => Some(
                "take a teacher that is trained here or saved by potstill, whose last layer gets the means of a map, such \
                 as `resnet20`, `wrn-16-2`, `vgg8`, `mobilenet-v2` or `shufflenet-v2`"
                    .to_owned(),
            ),
            Self::TeachesItself => {
                Some("give `[teacher]` a `file` or `outputs`, and leave `student_average` and `peers` out".to_owned())
            }
            Self::Unlabelled { .. } => Some(
                "give the data labels and set `labelled` above 0; `potstill distill` needs none".to_owned(),
            ),
            Self::TeacherSilent => {
                Some("give its outputs for the test samples by `test_outputs` in `[teacher]`".to_owned())
            }
            Self::Memory { .. } => Some("make its layers smaller".to_owned()),
            Self::ColumnTaken { .. } => {
                Some("rename the column in the file, or leave it out".to_owned())
            }
            Self::TestLearned { .. } => Some(
                "give other samples by `test_source`, or leave it out and let `test` divide the source; `potstill check` \
                 names the rows"
                    .to_owned(),
            ),
            Self::NoClassColumn { column, .. } => Some(format!(
                "name the column of the class with `--label COLUMN`; numbers are learned with `--task numbers --targets \
                 {column}`"
            )),
            Self::MixedSamples { key } => Some(format!("leave `{key}` out of `[distill]`")),
            Self::OnlineViews => Some("set `views` in `[data]` to a number of views".to_owned()),
            Self::NoLabelStore => Some("set `labels = \"label-store\"` in `[run]`".to_owned()),
            Self::NoTeacher { path } => Some(format!(
                "name its student as the teacher with `file = \"{}/export/student.safetensors\"`",
                path.display()
            )),
            Self::Unreadable { .. } => {
                Some("restore the file from a copy, or start a new run".to_owned())
            }
            Self::Threads(_) => Some("ask for fewer, such as `--threads 1`".to_owned()),
            Self::OtherThreads { found, .. } => Some(format!(
                "leave `threads` out of `[run]`, or say {found}: results do not depend on it"
            )),
            Self::Csv(_) | Self::Stopped | Self::Samples { .. } => None,
        }
    }
}
