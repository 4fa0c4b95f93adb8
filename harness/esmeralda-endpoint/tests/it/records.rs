//! Labels in the data of records.

use esm_model::label::Label;
use esmeralda_endpoint::source::{data, label_of};

#[test]
fn data_has_the_size_and_the_label() {
    for label in [Label::record(0), Label::record(4_095), Label::sentinel(7)] {
        for size in [1, 10, 14, 20, 23, 24, 25, 100, 20_000] {
            let bytes = data(label, size);
            assert_eq!(label_of(&bytes), Some(label), "{label} {size}");
            let smallest = data(label, 1).len();
            // Between the bare label and one with a pad there is no form.
            let pads = size as usize >= smallest + ",\"pad\":\"\"".len();
            let expected = if pads { size as usize } else { smallest };
            assert_eq!(bytes.len(), expected, "{label} {size}");
        }
    }
}

#[test]
fn somebody_elses_data_has_no_label() {
    for bytes in [&b""[..], b"{}", b"[1]", b"{\"label\":1}", b"{\"label\":\"x0\"}", b"\xff"] {
        assert_eq!(label_of(bytes), None);
    }
}
