//! Methods that compare taps go the whole way through the program: trained, killed and resumed to the same bits,
//! with teachers that are trained and with saved ones; what cannot be compared is told before a run begins.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

const DATA: &str = "[data]\nsource = \"digits\"\nrows = 400\nlabelled = 0.3\n";
const ROWS: usize = 160;
const SIDE: usize = 8;
// Without a store of labels, so that each run has the same storage calls.
const ROUND: &str = "epochs = 2\nseeds = 1\n[run]\ncheckpoint_steps = 4\nlabels = \"off\"\n";

/// Images: a projector, maps of places and relations beside the logits.
fn convolutions() -> String {
    format!(
        "[data]\nsource = \"images\"\nlabels = \"labels\"\nviews = 2\nshift = 1\n[teacher]\nmodel = \"cnn\"\nchannels = [6, 10]\nepochs = 1\n[student]\nmodel = \"cnn\"\n\
         channels = [4, 6]\n[distill]\nmethods = [{{ method = \"kd\" }}, {{ method = \"at\" }}, \
         {{ method = \"rkd\" }}, {{ method = \"fitnet\", student_taps = [\"stage1\"], teacher_taps = \
         [\"stage1\"] }}]\n{ROUND}"
    )
}

/// Images of two classes, dark and light, and their labels.
fn write_images(workshop: &Workshop) {
    let size = |count: usize| (count as u32).to_be_bytes();
    let mut images = vec![0, 0, 8, 3];
    images.extend([ROWS, SIDE, SIDE].into_iter().flat_map(size));
    let pixel = |at: usize| (at * 37 % 90 + 60 * (at / (SIDE * SIDE) % 2)) as u8;
    images.extend((0..ROWS * SIDE * SIDE).map(pixel));
    let mut labels = vec![0, 0, 8, 1];
    labels.extend(size(ROWS));
    labels.extend((0..ROWS).map(|row| (row % 2) as u8));
    workshop.write("images", &images);
    workshop.write("labels", &labels);
}

/// Dense networks, with a small network of the method's own.
fn dense(teacher: &str) -> String {
    format!(
        "{DATA}[teacher]\n{teacher}\n[student]\nmodel = \"mlp\"\nhidden = [12]\n[distill]\nmethod = \"vid\"\n\
         alpha = 0.3\n{ROUND}"
    )
}

/// What a run leaves that holds no time.
fn results(workshop: &Workshop, run: &str) -> Vec<Vec<u8>> {
    let files = [
        "results.json",
        "metrics.jsonl",
        "export/baseline.safetensors",
        "export/student.safetensors",
    ];
    let read =
        |file: &str| std::fs::read(workshop.path(run).join(file)).expect("a file of the run");
    files.map(read).to_vec()
}

/// Runs the recipe to its end, then again with deaths on the way.
fn assert_resumes(workshop: &Workshop, recipe: &str, whole: &str, deaths: &[u32]) {
    workshop.write("job.toml", recipe.as_bytes());
    workshop.run(&["distill", "job.toml", "--run", whole, "--quiet"]);
    for death in deaths {
        let run = format!("{whole}-{death}");
        let output = workshop.killed_at(*death, &["distill", "job.toml", "--run", &run, "--quiet"]);
        assert!(!output.status.success(), "call {death} is behind the end of the run");
        workshop.run(&["resume", &run, "--quiet", "--threads", "1"]);
        assert!(results(workshop, &run) == results(workshop, whole), "killed at call {death}");
    }
}

#[test]
fn a_pair_of_convolution_networks_is_distilled_by_its_taps_and_resumes_to_the_same_bits() {
    let workshop = Workshop::new();
    write_images(&workshop);
    assert_resumes(&workshop, &convolutions(), "run", &[60, 170, 260]);
    let size = |file: &str| {
        let path = workshop.path("run/export").join(file);
        std::fs::metadata(path).expect("a model").len()
    };
    assert_eq!(
        size("student.safetensors"),
        size("baseline.safetensors"),
        "a projector was exported"
    );
    let report = std::fs::read_to_string(workshop.path("run/report.html")).expect("a report");
    // From 4 channels to 6, with a bias.
    assert!(
        report.contains("parameters of its own, 30 in number"),
        "the report does not count the projector"
    );
    let metrics = std::fs::read_to_string(workshop.path("run/metrics.jsonl")).expect("metrics");
    for term in ["soft", "attention", "relative-distance", "angle", "hint", "label"] {
        assert!(metrics.contains(&format!("\"{term}\"")), "no term {term}");
    }
}

#[test]
fn a_dense_pair_learns_by_taps_from_a_trained_and_from_a_saved_teacher() {
    let workshop = Workshop::new();
    let trained = dense("model = \"mlp\"\nhidden = [24]\nepochs = 1");
    assert_resumes(&workshop, &trained, "trained", &[60, 170]);
    let saved = dense("file = \"trained/export/teacher.safetensors\"");
    assert_resumes(&workshop, &saved, "saved", &[60]);
    // The same teacher, student, data and seed: whether the teacher was trained in the run or before makes
    // no difference.
    let student = |run| results(&workshop, run).pop();
    assert!(student("saved") == student("trained"));
    workshop.run(&["lr-find", "job.toml", "--model", "student", "--quiet"]);
}

/// The job of `convolutions` with other networks and methods.
fn images(models: [&str; 2], methods: &[&str]) -> String {
    let [teacher, student] = models;
    let tables = methods.iter().map(|method| format!("{{ method = {method} }}"));
    format!(
        "[data]\nsource = \"images\"\nlabels = \"labels\"\n[teacher]\nmodel = {teacher}\nepochs = 1\n[student]\nmodel = \
         {student}\n[distill]\nmethods = [{}]\n{ROUND}",
        tables.collect::<Vec<_>>().join(", ")
    )
}

fn assert_terms(workshop: &Workshop, run: &str, terms: &[&str]) {
    let path = workshop.path(run).join("metrics.jsonl");
    let metrics = std::fs::read_to_string(path).expect("metrics");
    for term in terms {
        assert!(metrics.contains(&format!("\"{term}\"")), "no term {term}");
    }
}

#[test]
fn residual_networks_are_distilled_by_methods_with_layers_of_their_own_and_resume_to_the_same_bits()
{
    let workshop = Workshop::new();
    write_images(&workshop);
    let methods = [
        "\"kd\"",
        "\"ofd\"",
        "\"cat-kd\"",
        "\"reviewkd\"",
        "\"ft\"",
        "\"mgd\", mask_ratio = 0.5",
        "\"crd\", negatives = 20, embedding_size = 8",
    ];
    let models = ["\"resnet8\"\nwidth = 6", "\"resnet8\"\nwidth = 4"];
    assert_resumes(&workshop, &images(models, &methods), "run", &[100, 220]);
    let terms =
        ["partial", "class-maps", "review", "factors", "paraphrase", "generated", "contrast"];
    assert_terms(&workshop, "run", &terms);
}

/// With weight decay, which the teacher's layer is spared.
#[test]
fn a_student_with_the_last_layer_of_its_teacher_is_a_model_like_any_other() {
    let workshop = Workshop::new();
    write_images(&workshop);
    let models = ["\"resnet8\"\nwidth = 6", "\"resnet8\"\nwidth = 4"];
    let keys = "weight_decay = 0.1\nalpha = 0.9\nepochs";
    let recipe = images(models, &["\"simkd\""]).replace("]\nepochs", &format!("]\n{keys}"));
    assert_resumes(&workshop, &recipe, "run", &[100, 220]);
    assert_terms(&workshop, "run", &["features", "label"]);
    let model = |run: &str, name: &str| {
        let path = workshop.path(&format!("{run}/export/{name}.safetensors"));
        export::SavedModel::from_bytes(&std::fs::read(path).expect("a model")).expect("a model")
    };
    let [student, teacher] = ["student", "teacher"].map(|name| model("run", name));
    for path in ["output.weight", "output.bias"] {
        assert!(student.weights[path] == teacher.weights[path], "{path} is not the teacher's");
    }
    assert!(!model("run", "baseline").weights.contains_key("projector.0.convolution.weight"));
    let said = workshop.run(&["evaluate", "run"]);
    assert!(said.contains("accuracy"), "{said}");
    workshop.run(&["predict", "run", "images", "-o", "answers.csv"]);
    let report = std::fs::read_to_string(workshop.path("run/report.html")).expect("a report");
    assert!(
        report.contains("with its teacher&#39;s head")
            || report.contains("with its teacher's head")
    );
    for text in ["Student alone", "Distilled student", "ends in the last layer of its teacher"] {
        assert!(report.contains(text), "{text}");
    }
    let said = workshop.run(&["plan", "job.toml"]);
    assert!(said.contains("with its teacher's head") && said.contains("projector.0"), "{said}");
    // A saved teacher makes the same student.
    let trained = "model = \"resnet8\"\nwidth = 6\nepochs = 1";
    let saved = recipe.replace(trained, "file = \"run/export/teacher.safetensors\"");
    assert_resumes(&workshop, &saved, "saved", &[100]);
    assert!(model("saved", "student") == student);
    workshop.run(&["lr-find", "job.toml", "--model", "student", "--quiet"]);

    let said = refused(&workshop, &recipe.replace(trained, "model = \"cnn\"\nepochs = 1"));
    assert!(said.contains("this teacher has none that can be taken"), "{said}");
    let said = refused(&workshop, &recipe.replace("\"resnet8\"\nwidth = 4", "\"cnn\""));
    assert!(said.contains("a network whose last layer gets the means of a map"), "{said}");
    let said = refused(&workshop, &recipe.replace(keys, &format!("generations = 2\n{keys}")));
    assert!(said.contains("which is to be there by itself"), "{said}");
}

/// Taps of the transformer below with their shapes.
const TAPS: [&str; 5] = [
    "layer1.attention 2 channels of 4x4",
    "layer1 4 positions of 8 values",
    "layer2.attention 2 channels of 4x4",
    "layer2 4 positions of 8 values",
    "pooled 8 values",
];

#[test]
fn transformers_are_distilled_by_their_hidden_states_and_attention_and_resume_to_the_same_bits() {
    let workshop = Workshop::new();
    write_images(&workshop);
    let sizes = |width: usize, depth: usize| {
        format!(
            "\"vit\"\npatch = 4\nembedding = {width}\ndepth = {depth}\nheads = 2\nfeed_forward = 12"
        )
    };
    let methods = ["\"kd\"", "\"hidden\"", "\"attention\"", "\"pkd\", token = \"last\""];
    let (teacher, student) = (sizes(12, 4), sizes(8, 2));
    let recipe = images([&teacher, &student], &methods);
    assert_resumes(&workshop, &recipe, "run", &[100, 220]);
    assert_terms(&workshop, "run", &["states", "scores", "summaries"]);
    let listed = workshop.output(&["inspect", "run/export/student.safetensors", "--taps"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let taps = listed.split("\ntaps\n").nth(1).expect("taps");
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let found: Vec<String> = taps.lines().map(words).collect();
    let expected = TAPS;
    assert_eq!(found, expected);
    let said = refused(
        &workshop,
        &recipe.replace(
            "heads = 2\nfeed_forward = 12\n[distill]",
            "heads = 4\nfeed_forward = 12\n[distill]",
        ),
    );
    assert!(said.contains("expected 2 heads, as the teacher's tap has"), "{said}");
}

/// Exit code and standard error of a recipe that is refused before there is a run.
fn refused(workshop: &Workshop, recipe: &str) -> String {
    workshop.write("job.toml", recipe.as_bytes());
    let output = workshop.output(&["distill", "job.toml", "--run", "refused", "--quiet"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(!workshop.path("refused").exists(), "a folder was made");
    said
}

#[test]
fn taps_that_cannot_be_compared_are_told_before_a_run_begins() {
    let workshop = Workshop::new();
    write_images(&workshop);
    let images = convolutions();
    let said = refused(
        &workshop,
        &images.replace("student_taps = [\"stage1\"]", "student_taps = [\"stgae1\"]"),
    );
    assert!(said.contains("method `fitnet`: the student has no tap `stgae1`"), "{said}");
    assert!(
        said.contains(
            "a similar tap exists: `stage1`; all of them: `stage1.preactivation`, `stage1`,"
        ),
        "{said}"
    );
    let teacher = "model = \"mlp\"\nhidden = [24]";
    let said = refused(&workshop, &dense(teacher).replace("\"vid\"", "\"at\""));
    assert!(
        said.contains("tap `hidden1` of the student: expected channels of at least two"),
        "{said}"
    );
    assert!(said.contains("such as `sp`"), "{said}");
    let said = refused(&workshop, &dense(teacher).replace("\"vid\"", "\"rkd\"\nbatch_size = 2"));
    assert!(said.contains("at least 3 samples for `rkd` to compare, found 2"), "{said}");
    let said = refused(&workshop, &dense(teacher).replace("\"vid\"", "\"sp\"\nstandardise = true"));
    assert!(
        said.contains("`standardise` changes logits of classes, and `sp` compares taps"),
        "{said}"
    );

    let rows: String = (0..60).map(|row| format!("{},{}\n", row * 7 % 10, row % 2)).collect();
    workshop.write("table.csv", format!("size,kind\n{rows}").as_bytes());
    workshop.write("outputs.csv", format!("0,1\n{}", "0.4,0.6\n".repeat(60)).as_bytes());
    let teacher = "outputs = \"outputs.csv\"\noutputs_kind = \"probabilities\"";
    let recorded =
        dense(teacher).replace(DATA, "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\n");
    let said = refused(&workshop, &recorded);
    assert!(
        said.contains("method `vid`: expected a teacher with taps, found one without"),
        "{said}"
    );
    assert!(
        said.contains("recorded outputs and networks without hidden layers have no taps"),
        "{said}"
    );
}
