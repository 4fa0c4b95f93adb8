//! The report as JUnit XML, for CI: one test case for each rule, failed where the rule is broken.

use crate::report::{Report, Verdict};
use esm_model::catalogue;
use esm_model::rule::Section;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite, XmlString};

/// The report as XML.
///
/// # Errors
/// What cannot be written as XML.
pub fn junit(report: &Report) -> Result<String, quick_junit::SerializeError> {
    let mut suite = TestSuite::new("esmeralda consumer");
    for rule in catalogue::section(Section::Cons).iter().filter(|rule| rule.is_checked()) {
        let finding = report.findings.iter().find(|finding| finding.rule == rule.id);
        let status = match finding.filter(|finding| finding.violates) {
            None => TestCaseStatus::success(),
            Some(finding) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(finding.happened.as_str()).set_description(finding.to_text());
                status
            }
        };
        let mut case = TestCase::new(rule.id.to_string(), status);
        case.set_classname("consumer");
        if let Some(advice) = finding.filter(|finding| !finding.violates) {
            case.set_system_out(advice.to_text());
        }
        suite.add_test_case(case);
    }
    if report.verdict == Verdict::CouldNotRun {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(report.broke_off.as_deref().unwrap_or_default());
        suite.add_test_case(TestCase::new("every history", status));
    }
    suite.set_system_out(XmlString::new(report.to_text()));
    let mut all = quick_junit::Report::new("esmeralda");
    all.add_test_suite(suite);
    all.to_string()
}
