//! The one pool of threads is made once, and asking for the same again is no error.

use potstill_job::use_threads;

#[test]
fn the_same_number_of_threads_may_be_asked_for_again_and_another_may_not() {
    assert!(use_threads(Some(2)).is_ok());
    assert!(use_threads(Some(2)).is_ok());
    assert!(use_threads(None).is_ok());
    let error = use_threads(Some(3)).err();
    assert!(
        error.is_some_and(|error| error.to_string().contains("threads")),
        "a pool of two is there"
    );
}
