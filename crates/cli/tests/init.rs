//! From a file of one's own to a report, by `init` and `distill` alone.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

/// 300 flowers of three kinds; the class stands in the middle.
fn flowers() -> String {
    let kinds = ["rose", "tulip", "lily"];
    let row = |number: usize| {
        let kind = (number * 11) % 3;
        let size = kind as f64 + (number * 37 % 100) as f64 / 80.0;
        let width = (number * 53 % 100) as f64 / 50.0 - kind as f64;
        format!("{size},{},{width},{}\n", kinds[kind], ["wet", "dry"][number / 7 % 2])
    };
    format!("petal,Species,width,soil\n{}", (0..300).map(row).collect::<String>())
}

#[test]
fn a_table_becomes_a_recipe_that_runs_to_the_report() {
    let workshop = Workshop::new();
    workshop.write("flowers.csv", flowers().as_bytes());
    let output = workshop.output(&["init", "flowers.csv"]);
    assert!(output.status.success());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("takes `Species` as the class"), "{told}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("potstill distill recipe.toml"), "{said}");
    let recipe = std::fs::read_to_string(workshop.path("recipe.toml")).expect("the recipe");
    assert!(recipe.contains("300 samples of") && recipe.contains("3 classes"), "{recipe}");
    assert!(recipe.lines().all(|line| line.chars().count() <= 120), "{recipe}");
    workshop.output(&["check", "recipe.toml"]);
    workshop.run(&["distill", "recipe.toml", "--quiet", "--set", "distill.seeds=2"]);
    assert!(workshop.path("runs/recipe/report.html").is_file());
}

#[test]
fn another_label_another_folder_and_images_are_taken() {
    let workshop = Workshop::new();
    workshop.write("flowers.csv", flowers().as_bytes());
    workshop.write("jobs/empty", b"");
    workshop.run(&["init", "flowers.csv", "--label", "soil", "--output", "jobs/soil.toml"]);
    let recipe = std::fs::read_to_string(workshop.path("jobs/soil.toml")).expect("the recipe");
    assert!(recipe.contains("label = \"soil\"") && recipe.contains("2 classes"), "{recipe}");
    workshop.run(&["plan", "jobs/soil.toml"]);
    workshop.run(&["init", "digits", "--output", "digits.toml"]);
    workshop.run(&["plan", "digits.toml"]);
}

#[test]
fn photos_of_unequal_size_become_a_recipe_that_runs() {
    let workshop = Workshop::new();
    let pictures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/tests/pictures");
    for (class, name, number) in [
        ("cat", "rgb.png", 0),
        ("cat", "photo.jpg", 1),
        ("dog", "photo.jpg", 0),
        ("dog", "rgb.png", 1),
    ] {
        let bytes = std::fs::read(pictures.join(name)).expect("a picture");
        let end = name.rsplit('.').next().unwrap_or_default();
        for copy in 0..4 {
            workshop.write(&format!("pets/{class}/{number}-{copy}.{end}"), &bytes);
        }
    }
    workshop.run(&["init", "pets", "--size", "16"]);
    let recipe = std::fs::read_to_string(workshop.path("recipe.toml")).expect("the recipe");
    assert!(recipe.contains("16 samples of images of 3x16x16, 2 classes"), "{recipe}");
    assert!(recipe.contains("\nsize = 16 "), "{recipe}");
    let short =
        ["--set", "distill.seeds=2", "--set", "distill.epochs=1", "--set", "teacher.epochs=1"];
    workshop.run(&[&["distill", "recipe.toml", "--quiet"], short.as_slice()].concat());
    assert!(workshop.path("runs/recipe/report.html").is_file());
}

#[test]
fn init_overwrites_nothing_and_says_what_is_wrong() {
    let workshop = Workshop::new();
    workshop.write("recipe.toml", b"mine");
    workshop.write("flowers.csv", flowers().as_bytes());
    for (arguments, code, what) in [
        (vec!["init", "flowers.csv"], 2, "`recipe.toml` exists"),
        (vec!["init", "--output", "new.toml"], 2, "no answer to: Where is your data"),
        (vec!["init", "nowhere.csv", "--output", "new.toml"], 3, "nowhere.csv"),
        (vec!["init", "flowers.csv", "--label", "speceis", "--output", "new.toml"], 3, "speceis"),
    ] {
        let output = workshop.output(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(what), "{arguments:?}: {said}");
        assert!(!workshop.path("new.toml").exists());
    }
    let kept = std::fs::read_to_string(workshop.path("recipe.toml")).expect("the file");
    assert_eq!(kept, "mine");
}

/// An array of NumPy, version 1.0, of little-endian numbers of one type.
fn npy(kind: &str, shape: &str, content: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
    // The whole header is a multiple of 64 bytes long, and ends its line.
    header.push_str(&" ".repeat(63 - (10 + header.len()) % 64));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(content);
    bytes
}

#[test]
fn an_array_takes_its_classes_from_a_file_of_their_own() {
    let workshop = Workshop::new();
    let values = (0..240_u32).flat_map(|at| ((at * 37 % 101) as f32 / 50.0).to_le_bytes());
    let x = npy("<f4", "60, 4", &values.collect::<Vec<u8>>());
    let y = npy(
        "<i8",
        "60,",
        &(0..60_i64).flat_map(|row| (row % 3).to_le_bytes()).collect::<Vec<u8>>(),
    );
    workshop.write("x.npy", &x);
    workshop.write("y.npy", &y);
    workshop.write("jobs/empty", b"");
    let said = workshop.output(&["init", "x.npy", "--output", "no.toml"]);
    assert_eq!(said.status.code(), Some(3));
    for output in ["here.toml", "jobs/there.toml"] {
        workshop.run(&["init", "x.npy", "--labels", "y.npy", "--output", output]);
        let recipe = std::fs::read_to_string(workshop.path(output)).expect("the recipe");
        assert!(recipe.contains("60 samples of") && recipe.contains("3 classes"), "{recipe}");
        assert!(recipe.contains("y.npy\"") && recipe.contains("the file that holds"), "{recipe}");
        workshop.run(&[
            "distill",
            output,
            "--quiet",
            "--set",
            "distill.seeds=2",
            "--set",
            "teacher.epochs=2",
        ]);
    }
    let said = workshop.output(&["init", "x.npy", "--labels", "y.npy", "--label", "y"]);
    assert_eq!(said.status.code(), Some(2));
}

#[test]
fn labels_and_numbers_become_a_recipe_that_runs() {
    let workshop = Workshop::new();
    let row = |number: usize| {
        let (size, width) = (number * 37 % 100, number * 53 % 70);
        let price = 3 * size + width + number * 7 % 5;
        format!("{size},{width},{price},{},{}\n", size / 51, u8::from(width > size))
    };
    let table = format!("size,width,price,large,wide\n{}", (0..200).map(row).collect::<String>());
    workshop.write("table.csv", table.as_bytes());
    for (task, targets, says) in
        [("numbers", "price", "1 number to learn"), ("labels", "large,wide", "2 labels")]
    {
        let output = format!("{task}.toml");
        workshop.run(&[
            "init",
            "table.csv",
            "--task",
            task,
            "--targets",
            targets,
            "--output",
            &output,
        ]);
        let recipe = std::fs::read_to_string(workshop.path(&output)).expect("the recipe");
        assert!(
            recipe.contains(says) && recipe.contains(&format!("task = \"{task}\"")),
            "{recipe}"
        );
        assert!(recipe.lines().all(|line| line.chars().count() <= 120), "{recipe}");
        workshop.run(&["distill", &output, "--quiet", "--set", "distill.seeds=2"]);
    }
    for arguments in [
        vec!["init", "table.csv", "--task", "numbers"],
        vec!["init", "table.csv", "--targets", "price"],
        vec!["init", "table.csv", "--task", "numbers", "--targets", "price", "--label", "wide"],
    ] {
        assert_eq!(workshop.output(&arguments).status.code(), Some(2), "{arguments:?}");
    }
    workshop.run(&[
        "init",
        "table.csv",
        "--task",
        "classes",
        "--label",
        "wide",
        "--output",
        "classes.toml",
    ]);
    for (task, named, names, says) in [
        ("classes", "--targets", "price", "by `--label` instead"),
        ("numbers", "--label", "price", "by `--targets` instead"),
    ] {
        let output = workshop.output(&["init", "table.csv", "--task", task, named, names]);
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains(&format!("`{named}` does not go with `--task {task}`")), "{told}");
        assert!(told.contains(says), "{told}");
    }
    let said = workshop.output(&["init", "table.csv", "--task", "labels", "--targets", "price"]);
    let told = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(3), "{told}");
    assert!(told.contains("0 or 1 in column `price`"), "{told}");
}

#[test]
fn a_size_that_would_change_nothing_is_refused() {
    let workshop = Workshop::new();
    let rows: String = (0..40).map(|row| format!("{row},{}\n", ["a", "b"][row % 2])).collect();
    workshop.write("table.csv", format!("x,class\n{rows}").as_bytes());
    let output = workshop.output(&["init", "table.csv", "--size", "16"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("only images in a folder by class are brought to a size"), "{flat}");
    assert!(!workshop.path("recipe.toml").exists());
}

/// 1,500 customers with a name, a day, a time and what they did.
fn customers() -> String {
    let row = |number: usize| {
        let (month, day) = (number % 12 + 1, number % 28 + 1);
        let age = 20 + number * 37 % 60;
        let churned = if age + number % 7 > 50 { "yes" } else { "no" };
        format!(
            "C{number:05},{age},2023-{month:02}-{day:02},{},{churned}\n",
            ["a", "b"][number % 2]
        )
    };
    let rows: String = (0..1500).map(row).collect();
    format!("customer_id,age,signup,plan,churned\n{rows}")
}

#[test]
fn columns_that_name_rows_and_dates_are_left_out_with_the_reason() {
    let workshop = Workshop::new();
    workshop.write("customers.csv", customers().as_bytes());
    workshop.run(&["init", "customers.csv", "--label", "churned"]);
    let recipe = std::fs::read_to_string(workshop.path("recipe.toml")).expect("the recipe");
    assert!(recipe.contains("1500 samples of 3 values, 2 classes"), "{recipe}");
    // A fifth of the rows is for the test, a tenth of the rest for validation.
    assert!(recipe.contains("    \"customer_id\",   # 1080 different words\n"), "{recipe}");
    assert!(recipe.contains("    \"signup\",   # dates as words\n"), "{recipe}");
    let checked = workshop.output(&["check", "recipe.toml"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    let short = ["--set", "distill.seeds=2", "--set", "distill.epochs=1", "--quiet"];
    workshop.run(&[&["distill", "recipe.toml"], short.as_slice()].concat());

    let few: String = customers().lines().take(300).map(|line| format!("{line}\n")).collect();
    workshop.write("few.csv", few.as_bytes());
    workshop.run(&["init", "few.csv", "--output", "few.toml"]);
    let recipe = std::fs::read_to_string(workshop.path("few.toml")).expect("the recipe");
    assert!(recipe.contains("    \"customer_id\",   # another word in each row\n"), "{recipe}");
}

#[test]
fn numbers_that_were_taken_for_a_class_lead_to_the_task_for_numbers() {
    let workshop = Workshop::new();
    let row = |number: usize| format!("{},{}\n", number % 17, number as f64 * 0.37);
    let rows: String = (0..200).map(row).collect();
    workshop.write("stones.csv", format!("carat,y\n{rows}").as_bytes());
    let refused = workshop.output(&["init", "stones.csv"]);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(3), "{told}");
    assert!(told.contains("column `y` is no class"), "{told}");
    assert!(told.contains("`--task numbers --targets y`"), "{told}");
    assert!(!workshop.path("recipe.toml").exists());
    workshop.run(&["init", "stones.csv", "--task", "numbers", "--targets", "y"]);
}

#[test]
fn a_usual_name_is_passed_over_where_its_values_are_no_classes() {
    let workshop = Workshop::new();
    let row = |number: usize| {
        let income =
            if number.is_multiple_of(9) { String::new() } else { format!("{}.5", 900 + number) };
        format!("{},{income},{}\n", number % 17, ["yes", "no"][number % 2])
    };
    let rows: String = (0..200).map(row).collect();
    workshop.write("customers.csv", format!("age,income,churned\n{rows}").as_bytes());
    let told = workshop.output(&["init", "customers.csv"]);
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.status.success() && said.contains("takes `churned` as the class"), "{said}");
}

#[test]
fn words_for_missing_values_among_numbers_are_named() {
    let workshop = Workshop::new();
    for odd in 0..20 {
        let size = |row: usize| if row == odd { "NA".to_owned() } else { format!("{row}.5") };
        let row = |row: usize| format!("{},{}\n", size(row), ["a", "b"][row % 2]);
        let rows: String = (0..100).map(row).collect();
        workshop.write("table.csv", format!("size,class\n{rows}").as_bytes());
        let output = format!("{odd}.toml");
        workshop.run(&["init", "table.csv", "--output", &output]);
        let recipe = std::fs::read_to_string(workshop.path(&output)).expect("the recipe");
        assert!(recipe.contains("\nmissing = [\"NA\"]   # "), "{recipe}");
        workshop.run(&["plan", &output]);
    }
}
