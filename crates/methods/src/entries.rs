//! The methods that a recipe can name, each with its options.

use std::sync::Arc;

use data::Task;
use options::{OptionError, Section};

use crate::{
    Ab, At, Attention, Bernoulli, CatKd, Cc, Crd, Ctkd, Cwd, Dist, Dkd, FitNet, Fsp, Ft, Hard,
    Hidden, Huber, Ickd, Jsd, Kd, KdSvd, Method, Mgd, Mlkd, Mse, Nkd, Nst, Ofd, Pkd, Pkt,
    ReverseKl, ReviewKd, Rkd, SemCkd, SimKd, SkewKl, Sp, TeacherBounded, TfKd, TopK,
    TotalVariation, Vid, Wsld,
};

/// A method that a recipe can name.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    /// What its samples have as targets; none where any will do, because it compares taps.
    pub(crate) task: Option<Task>,
    /// The weight of the method beside the labels, if the recipe does not say it.
    pub(crate) alpha: f64,
    /// The options of the method itself.
    pub(crate) options: &'static [&'static str],
    pub(crate) read: fn(&mut Section<'_>) -> Result<Arc<dyn Method>, OptionError>,
}

const HEATED: &str = "temperature";
const STUDENT_TAPS: &str = "student_taps";
const TEACHER_TAPS: &str = "teacher_taps";
const LOSS_WEIGHT: &str = "loss_weight";

/// All methods, in the order of `docs/methods.md`.
pub(crate) static ENTRIES: [Entry; 42] = [
    Entry { name: "kd", task: Some(Task::Classes), alpha: 0.9, options: &[HEATED], read: read_kd },
    Entry { name: "hard", task: Some(Task::Classes), alpha: 0.5, options: &[], read: Hard::read },
    Entry {
        name: "dkd",
        task: Some(Task::Classes),
        alpha: 0.5,
        options: &[HEATED, "target_weight", "other_weight"],
        read: Dkd::read,
    },
    Entry {
        name: "nkd",
        task: Some(Task::Classes),
        alpha: 0.5,
        options: &[HEATED, "other_weight"],
        read: Nkd::read,
    },
    Entry {
        name: "dist",
        task: Some(Task::Classes),
        alpha: 0.667,
        options: &[HEATED, "inter_weight", "intra_weight"],
        read: Dist::read,
    },
    Entry {
        name: "mlkd",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &["temperatures"],
        read: Mlkd::read,
    },
    Entry {
        name: "ctkd",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &["lowest_temperature", "temperature_range", "ramp_epochs"],
        read: Ctkd::read,
    },
    Entry {
        name: "wsld",
        task: Some(Task::Classes),
        alpha: 0.7,
        options: &[HEATED],
        read: Wsld::read,
    },
    Entry {
        name: "reverse-kl",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &[HEATED],
        read: ReverseKl::read,
    },
    Entry {
        name: "jsd",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &[HEATED, "beta"],
        read: Jsd::read,
    },
    Entry {
        name: "skew-kl",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &[HEATED, "skew", "direction"],
        read: SkewKl::read,
    },
    Entry {
        name: "total-variation",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &[HEATED],
        read: TotalVariation::read,
    },
    Entry {
        name: "top-k",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &[HEATED, "k", "tail"],
        read: TopK::read,
    },
    Entry {
        name: "tf-kd",
        task: Some(Task::Classes),
        alpha: 0.9,
        options: &[HEATED, "certainty"],
        read: TfKd::read,
    },
    Entry {
        name: "bernoulli",
        task: Some(Task::Labels),
        alpha: 0.9,
        options: &[HEATED],
        read: Bernoulli::read,
    },
    Entry { name: "mse", task: Some(Task::Numbers), alpha: 0.9, options: &[], read: Mse::read },
    Entry {
        name: "huber",
        task: Some(Task::Numbers),
        alpha: 0.9,
        options: &["delta"],
        read: Huber::read,
    },
    Entry {
        name: "teacher-bounded",
        task: Some(Task::Numbers),
        alpha: 0.333,
        options: &["margin"],
        read: TeacherBounded::read,
    },
    of_taps("fitnet", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], FitNet::read),
    of_taps("at", &["form", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], At::read),
    of_taps("sp", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Sp::read),
    of_taps(
        "rkd",
        &["distance_weight", "angle_weight", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT],
        Rkd::read,
    ),
    of_taps("pkt", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Pkt::read),
    of_taps("cc", &["gamma", "order", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Cc::read),
    of_taps("nst", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Nst::read),
    of_taps("fsp", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Fsp::read),
    of_taps("vid", &["variance", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Vid::read),
    of_taps("cwd", &[HEATED, STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Cwd::read),
    of_taps("ickd", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Ickd::read),
    of_taps("ab", &["boundary_margin", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Ab::read),
    of_taps(
        "ft",
        &["factor_rate", "paraphrase_weight", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT],
        Ft::read,
    ),
    of_taps("kdsvd", &["singular_vectors", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], KdSvd::read),
    of_taps("ofd", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Ofd::read),
    of_taps("reviewkd", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], ReviewKd::read),
    of_taps("mgd", &["mask_ratio", "masked", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Mgd::read),
    of_taps(
        "crd",
        &[
            "embedding_size",
            "negatives",
            "contrast_temperature",
            "memory_momentum",
            STUDENT_TAPS,
            TEACHER_TAPS,
            LOSS_WEIGHT,
        ],
        Crd::read,
    ),
    of_taps("semckd", &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], SemCkd::read),
    Entry {
        name: "simkd",
        task: None,
        alpha: 1.0,
        options: &[STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT],
        read: SimKd::read,
    },
    of_taps("cat-kd", &["map_size", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], CatKd::read),
    of_taps("hidden", &["hidden_form", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Hidden::read),
    of_taps(
        "attention",
        &["attention_form", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT],
        Attention::read,
    ),
    of_taps("pkd", &["token", STUDENT_TAPS, TEACHER_TAPS, LOSS_WEIGHT], Pkd::read),
];

/// A method that compares taps, whatever the targets are.
const fn of_taps(
    name: &'static str,
    options: &'static [&'static str],
    read: fn(&mut Section<'_>) -> Result<Arc<dyn Method>, OptionError>,
) -> Entry {
    Entry { name, task: None, alpha: 0.5, options, read }
}

/// The soft part alone.
fn read_kd(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
    Ok(Arc::new(Kd { alpha: 1.0, ..Kd::read(section)? }))
}
