//! What is written is read again, and what is cut or damaged is an error.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use potstill_columnar::{
    Cells, Kind, Stored, Values, Writer, described, footer, metadata_place, plain,
};
use random::Stream;

const WHOLE: [i32; 5] = [0, -1, i32::MAX, i32::MIN, 7];
const SINGLE: [f32; 5] = [0.5, -0.0, f32::MAX, 1e-45, 3.25];
const HALF: [u16; 5] = [0, 0x3c00, 0x7bff, 0x8001, 1];

fn written() -> Vec<u8> {
    let mut writer = Writer::new(5);
    writer.column("whole", &Values::Integers(&WHOLE));
    writer.column("single", &Values::Floats(&SINGLE));
    writer.column("half", &Values::Halves(&HALF));
    writer.finish(&[("first", "ä"), ("second", "")])
}

#[test]
fn columns_and_notes_come_back() {
    let file = written();
    let footer = footer(&file).unwrap();
    let columns: Vec<_> =
        footer.columns.iter().map(|column| (column.name.as_str(), column.stored)).collect();
    let sizes =
        [("whole", Stored::Number(4)), ("single", Stored::Number(4)), ("half", Stored::Fixed(2))];
    assert_eq!(columns, sizes);
    assert_eq!(footer.columns[1].kind, Kind::Float);
    assert_eq!(footer.notes, [("first", "ä"), ("second", "")].map(|(a, b)| (a.into(), b.into())));
    let bytes = |place: usize| plain(&file, &footer.columns[place], &footer.groups[0]).unwrap();
    assert!(bytes(0).chunks(4).eq(WHOLE.map(i32::to_le_bytes)));
    assert!(bytes(1).chunks(4).eq(SINGLE.map(f32::to_le_bytes)));
    assert!(bytes(2).chunks(2).eq(HALF.map(u16::to_le_bytes)));

    // As the cells of a table too.
    let chunk = &footer.groups[0].chunks[0];
    let bytes = &file[chunk.start..chunk.start + chunk.length];
    let mut cells = Cells::new(bytes, &footer.columns[0], chunk, 5).unwrap();
    for number in WHOLE {
        assert_eq!(cells.next().unwrap(), number.to_string());
    }
}

#[test]
fn a_file_of_no_rows_and_one_of_many_columns_come_back() {
    let mut writer = Writer::new(0);
    writer.column("nothing", &Values::Floats(&[]));
    let file = writer.finish(&[]);
    let found = footer(&file).unwrap();
    assert_eq!(plain(&file, &found.columns[0], &found.groups[0]), Ok(Vec::new()));

    let mut writer = Writer::new(1);
    for column in 0..1000 {
        writer.column(&format!("column {column}"), &Values::Integers(&[column]));
    }
    let file = writer.finish(&[]);
    let found = footer(&file).unwrap();
    for (number, column) in found.columns.iter().enumerate() {
        let value = plain(&file, column, &found.groups[0]).unwrap();
        assert_eq!(value, (number as i32).to_le_bytes());
    }
}

#[test]
fn metadata_are_found_from_both_ends_of_a_file_alone() {
    let file = written();
    let length = file.len() as u64;
    let place = metadata_place(&file[..4], &file[file.len() - 8..], length).unwrap();
    let metadata = &file[place.start as usize..place.end as usize];
    let found = described(metadata, place.start).unwrap();
    assert_eq!(format!("{found:?}"), format!("{:?}", footer(&file).unwrap()));
    // Values lie in front of the metadata, and these within the file.
    assert!(described(metadata, place.start - 1).is_err());
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let file = written();
    for length in 0..file.len() {
        assert!(footer(&file[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn flipped_bits_never_cause_a_panic() {
    let whole = written();
    let mut generator = Stream::new(3, "flips").generator();
    for _ in 0..20_000 {
        let mut file = whole.clone();
        for _ in 0..=generator.below(3) {
            let bit = generator.below(8 * file.len() as u64) as usize;
            file[bit / 8] ^= 1 << (bit % 8);
        }
        let Ok(found) = footer(&file) else { continue };
        for group in &found.groups {
            for column in &found.columns {
                let _ = plain(&file, column, group);
            }
        }
    }
}
