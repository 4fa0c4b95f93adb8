//! A report as JUnit XML, for CI: one test case for each rule, failed where the rule is broken.

use crate::report::Verdict;
use crate::told::{Tells, Told};
use esm_model::catalogue;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite, XmlString};

/// The report as XML.
///
/// # Errors
/// What cannot be written as XML.
pub fn junit<R: Tells>(report: &R) -> Result<String, quick_junit::SerializeError> {
    let mut suite = TestSuite::new(R::NAME);
    let told = report.told();
    for rule in catalogue::section(R::SECTION).iter().filter(|rule| rule.is_checked()) {
        let (broken, advice): (Vec<&Told<'_>>, _) =
            told.iter().filter(|told| told.rule == rule.id).partition(|told| told.violates);
        let text =
            |told: &[&Told<'_>]| told.iter().map(|told| told.text.as_str()).collect::<Vec<_>>().join("\n");
        let status = match broken.first() {
            None => TestCaseStatus::success(),
            Some(first) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(first.happened.as_str()).set_description(text(&broken));
                status
            }
        };
        let mut case = TestCase::new(rule.id.to_string(), status);
        case.set_classname("consumer");
        if !advice.is_empty() {
            case.set_system_out(text(&advice));
        }
        suite.add_test_case(case);
    }
    if report.verdict() == Verdict::CouldNotRun {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(report.broke_off().unwrap_or_default());
        suite.add_test_case(TestCase::new("every history", status));
    }
    suite.set_system_out(XmlString::new(report.text()));
    let mut all = quick_junit::Report::new("esmeralda");
    all.add_test_suite(suite);
    all.to_string()
}
