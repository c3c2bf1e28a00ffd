//! How far several runs of one set-up are spread.

use crate::folder::{Named, summary::Summary};

/// The spread of the limit, the slowest step, the slowest task and the tasks that were unhealthy: the smallest and the
/// largest value with the median between. Nothing where no run has the value.
pub fn sentence(runs: &[Named]) -> String {
    let slowest = |summary: &Summary| summary.steps.iter().filter_map(|step| step.reached_after).max_by(f64::total_cmp);
    let task = |summary: &Summary| summary.steps.iter().filter_map(|step| step.task_max).max_by(f64::total_cmp);
    let limit = |summary: &Summary| summary.limit.as_ref().map(|limit| f64::from(limit.holds));
    let number = |value: f64| text::decimal(value, 1);
    let measured: [(&str, Vec<f64>, &str); 4] = [
        ("limit", values(runs, limit), "tasks"),
        ("slowest step", values(runs, slowest), "s"),
        ("slowest task", values(runs, task), "s"),
        ("unhealthy", values(runs, |summary| Some(summary.sick_tasks as f64)), "tasks"),
    ];
    let parts = measured.into_iter().filter_map(|(name, values, unit)| {
        let (least, most) = (values.first()?, values.last()?);
        let median = number(median(&values));
        Some(if least == most {
            format!("{name} {median} {unit}")
        } else {
            format!("{name} {} to {} {unit} (median {median})", number(*least), number(*most))
        })
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// The values of the runs that have one, in increasing order.
fn values(runs: &[Named], of: impl Fn(&Summary) -> Option<f64>) -> Vec<f64> {
    let mut values: Vec<f64> = runs.iter().filter_map(|(_, run)| of(&run.summary)).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The middle of values in order, or half-way between the two in the middle.
fn median(values: &[f64]) -> f64 {
    let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::{Run, summary::Step};

    fn run(reached_after: f64, sick_tasks: u64) -> Named {
        let step = Step { reached_after: Some(reached_after), ..Step::default() };
        let summary = Summary { steps: vec![Step::default(), step], sick_tasks, ..Summary::default() };
        ("run".to_owned(), Run { summary, ..Run::default() })
    }

    #[test]
    fn the_spread_is_from_the_smallest_to_the_largest_with_the_median() {
        let runs = [run(7.0, 0), run(6.5, 0), run(9.0, 0), run(6.75, 0)];
        assert_eq!(sentence(&runs), "slowest step 6.5 to 9 s (median 6.9), unhealthy 0 tasks");
        assert_eq!(sentence(&runs[..1]), "slowest step 7 s, unhealthy 0 tasks");
        assert_eq!(sentence(&[run(7.0, 0), run(7.0, 3)]), "slowest step 7 s, unhealthy 0 to 3 tasks (median 1.5)");
    }
}
