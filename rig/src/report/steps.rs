//! The table of steps: all of a few, of many those that tell something, and all on demand.

use std::fmt::Write as _;

use text::{or_dash, seconds};

use crate::folder::summary::Step;

/// So many steps are shown at once.
const SHOWN: usize = 12;

/// The steps with their times to healthy.
pub fn steps(steps: &[Step]) -> String {
    if steps.is_empty() {
        return String::new();
    }
    if steps.len() <= SHOWN {
        return table(steps.iter().enumerate());
    }
    let last = steps.len() - 1;
    let tells = |(index, step): &(usize, &Step)| {
        *index == 0 || *index == last || step.reached_after.is_none() || step.worst_unhealthy > 0
    };
    let telling = table(steps.iter().enumerate().filter(tells).take(SHOWN));
    let all = table(steps.iter().enumerate());
    format!(
        "{telling}<p class=\"soft\">The first and the last step, and those with unhealthy tasks or a target that was not \
         reached.</p><details><summary>all {} steps</summary>{all}</details>",
        steps.len()
    )
}

fn table<'a>(steps: impl Iterator<Item = (usize, &'a Step)>) -> String {
    let mut html = String::from(
        "<div class=\"scroll\"><table><thead><tr><th class=\"n\">step</th><th class=\"n\">target</th>\
         <th class=\"n\">from request</th><th class=\"n\">all healthy after</th><th class=\"n\">new tasks</th>\
         <th class=\"n\">staged → healthy<br>median</th><th class=\"n\"><br>99 %</th><th class=\"n\"><br>slowest</th>\
         <th class=\"n\">most unhealthy<br>at once</th></tr></thead><tbody>\n",
    );
    for (index, step) in steps {
        let _ = write!(
            html,
            "<tr><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>",
            index + 1,
            step.target,
            step.request
        );
        let reached = step.reached_after.map_or("not reached".to_owned(), seconds);
        let _ = write!(html, "<td class=\"n\">{reached}</td><td class=\"n\">{}</td>", step.tasks);
        for value in [step.task_p50, step.task_p99, step.task_max] {
            let _ = write!(html, "<td class=\"n\">{}</td>", or_dash(value, |value| format!("{value:.2} s")));
        }
        let _ = writeln!(html, "<td class=\"n\">{}</td></tr>", step.worst_unhealthy);
    }
    html.push_str("</tbody></table></div>");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_steps_those_that_tell_something_are_shown_first() {
        let step = |target: u64| Step {
            target,
            reached_after: (target != 700).then_some(1.0),
            worst_unhealthy: u64::from(target == 300),
            ..Step::default()
        };
        let all: Vec<Step> = (1..=20).map(|n| step(n * 100)).collect();
        let html = steps(&all);
        let (shown, on_demand) = html.split_once("<details>").unwrap();
        let rows = |html: &str| html.matches("<tr><td").count();
        assert_eq!((rows(shown), rows(on_demand)), (4, 20));
        assert!(shown.contains("not reached") && on_demand.contains("all 20 steps"), "{html}");
        assert_eq!(rows(&steps(&all[..12])), 12, "a few need no choice");
        assert!(!steps(&all[..12]).contains("<details>"));
    }
}
