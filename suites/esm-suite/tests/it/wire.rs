//! Cases for targets that keep the harness waiting: valid, short, and still of every kind.

use esm_suite::sample::wire;
use esmeralda::predict;

const CASES: u64 = 3_000;

#[test]
fn they_are_valid_and_short() {
    let mut long = 0;
    for index in 0..CASES {
        let case = wire::case(1, index);
        case.validate().unwrap_or_else(|error| panic!("case {index}: {error}\n{}", case.to_json()));
        assert!(case.horizon_ms <= wire::LONGEST_MS, "case {index} lasts {} ms", case.horizon_ms);
        assert!(predict::lasts(&case) <= case.horizon_ms);
        assert_eq!(case, wire::case(1, index), "equal seeds, equal cases");
        long += u64::from(case.horizon_ms > 60_000);
    }
    println!("{long} of {CASES} wait for a record age");
    assert!((CASES / 10..CASES / 2).contains(&long), "{long}");
}
