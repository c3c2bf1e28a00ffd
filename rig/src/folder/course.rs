//! The course of a run: one point a sample, with what is drawn over time beside the bars.
//!
//! Built in one pass; what is remembered of a task is the time of its last results, so that memory grows with the number
//! of tasks and samples and not with the size of the file.

use std::collections::HashMap;

use harness::record::{Ages, Between, Counts, Listed, Sample, Task};

/// What one sample shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    /// Number of the poll, from 1.
    pub request: u64,
    /// When the answer arrived, ISO 8601.
    pub at: String,
    /// The same in seconds on the samples' clock.
    pub t: f64,
    /// Seconds since the sample before; zero for the first.
    pub since: f64,
    /// Instances asked for.
    pub target: u64,
    /// Tasks by state.
    pub counts: Counts,
    /// Whether a deployment was under way.
    pub deploying: bool,
    /// Seconds that Marathon took to answer.
    pub took: f64,
    /// Seconds after its tick that the poll began.
    pub late: f64,
    /// Ticks before it at which no poll could be made.
    pub missed: u64,
    /// Age of the tasks' last check results.
    pub age: Option<Ages>,
    /// Check results that are newer than in the sample before. Between two polls a check may have been made several
    /// times: this is the least that was done.
    pub fresh: u64,
    /// Changes of health since the sample before, of tasks that had been healthy.
    pub flips: u64,
    /// Tasks that died since the sample before, clean-up left out.
    pub ended: u64,
    /// Those of them that a failed health check had killed.
    pub killed: u64,
    /// Means over the last intervals of the checks; none before so much time has passed. See [`average`].
    pub recent: Option<Recent>,
}

/// Means over the last intervals of the checks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recent {
    /// New check results a second.
    pub results_per_second: f64,
    /// Tasks that had checks made of them.
    pub checked: f64,
}

impl Point {
    /// Tasks that have checks made of them.
    pub fn checked(&self) -> u64 {
        self.counts.running + self.counts.healthy + self.counts.unhealthy + self.counts.unhealthy_in_grace
    }
}

/// Builds the points.
#[derive(Debug, Default)]
pub struct Course {
    points: Vec<Point>,
    /// Of each task when its last results came.
    last: HashMap<String, Vec<String>>,
}

impl Course {
    /// The next sample, with what the tasks went through since the one before.
    pub fn sample<T: Task>(&mut self, sample: &Sample<T>, between: Between) {
        // Tasks with nothing new but good results are not in the file: the sampler counted them. In files of before that
        // was written, all tasks are.
        let fresh = match sample.results {
            Some(results) => results.into(),
            None => sample.tasks.iter().map(|task| self.fresh(&task.listed())).sum(),
        };
        self.points.push(Point {
            request: sample.request,
            at: sample.at.clone(),
            t: sample.t,
            since: self.points.last().map_or(0.0, |before| (sample.t - before.t).max(0.0)),
            target: sample.target.into(),
            counts: sample.counts,
            deploying: sample.deploying,
            took: sample.took,
            late: sample.late,
            missed: sample.missed,
            age: sample.age,
            fresh,
            flips: between.flips,
            ended: between.ended,
            killed: between.killed,
            recent: None,
        });
        for id in &sample.gone {
            self.last.remove(id);
        }
    }

    /// How many results of the task are new.
    fn fresh(&mut self, task: &Listed<'_>) -> u64 {
        let last = self.last.entry(task.id().to_owned()).or_default();
        let mut fresh = 0;
        for (check, newest) in task.last_results().enumerate() {
            if check == last.len() {
                last.push(String::new());
            }
            let before = &mut last[check];
            // A successor shows its predecessor's record until its own first result. ISO 8601 in UTC sorts as text.
            if newest >= task.staged_at() && newest > before.as_str() {
                fresh += 1;
                newest.clone_into(before);
            }
        }
        fresh
    }

    /// The points; what came after the last sample counts as seen in it.
    pub fn finish(mut self, after: Between) -> Vec<Point> {
        if let Some(last) = self.points.last_mut() {
            last.flips += after.flips;
            last.ended += after.ended;
            last.killed += after.killed;
        }
        self.points
    }
}

/// Fills in the means over the last `seconds` at each point. Between two polls that are closer together than two checks,
/// the number of new results is 0 or 1 a task: a rate from it would show the polls rather than the checks.
pub fn average(points: &mut [Point], seconds: f64) {
    let means: Vec<Option<Recent>> = (0..points.len()).map(|last| recent(&points[..=last], seconds)).collect();
    for (point, mean) in points.iter_mut().zip(means) {
        point.recent = mean;
    }
}

fn recent(points: &[Point], seconds: f64) -> Option<Recent> {
    let (mut time, mut fresh, mut checked) = (0.0, 0, 0.0);
    for point in points.iter().rev() {
        // The first point has no time before it in which its results could have come.
        if point.since <= 0.0 {
            break;
        }
        time += point.since;
        fresh += point.fresh;
        checked += point.checked() as f64 * point.since;
        // Polls come a little early or late.
        if time >= seconds * 0.99 {
            return Some(Recent { results_per_second: fresh as f64 / time, checked: checked / time });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample(request: u64, alive: bool, at: u64) -> Sample {
        let key = if alive { "lastSuccess" } else { "lastFailure" };
        let task = json!({
            "id": "a._app.1", "stagedAt": "2026-11-22T17:00:00.000Z",
            "healthCheckResults": [{"alive": alive, key: format!("2026-11-22T17:00:{at:02}.000Z")}],
        });
        Sample { request, t: request as f64, tasks: vec![task], ..Sample::default() }
    }

    #[test]
    fn results_count_once() {
        let mut course = Course::default();
        for (request, (alive, at)) in [(true, 1), (true, 1), (true, 3), (false, 4), (true, 5)].into_iter().enumerate() {
            course.sample(&sample(request as u64 + 1, alive, at), Between::default());
        }
        let points = course.finish(Between::default());
        assert_eq!(points.iter().map(|point| point.fresh).collect::<Vec<_>>(), [1, 0, 1, 1, 1]);
        assert_eq!(points.iter().map(|point| point.since).collect::<Vec<_>>(), [0.0, 1.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn a_rate_is_a_mean_over_the_checks_intervals_and_no_sawtooth() {
        let counts = Counts { healthy: 10, ..Counts::default() };
        // Ten tasks with a check a second, polled every half second: ten results in every other poll.
        let point = |n: u64| Point {
            since: if n == 0 { 0.0 } else { 0.5 },
            counts,
            fresh: if n.is_multiple_of(2) { 10 } else { 0 },
            ..Point::default()
        };
        let mut points: Vec<Point> = (0..12).map(point).collect();
        average(&mut points, 2.0);
        let rates: Vec<_> = points.iter().map(|point| point.recent.map(|recent| recent.results_per_second)).collect();
        assert_eq!(rates[..4], [None; 4]);
        assert_eq!(rates[4..], [Some(10.0); 8]);
        assert_eq!(points[4].recent.map(|recent| recent.checked), Some(10.0));
    }

    #[test]
    fn an_inherited_result_is_not_new() {
        let mut course = Course::default();
        let mut inherited = sample(1, false, 1);
        inherited.tasks[0]["stagedAt"] = json!("2026-11-22T17:00:02.000Z");
        course.sample(&inherited, Between::default());
        course.sample(&sample(2, true, 4), Between { flips: 1, ..Between::default() });
        let points = course.finish(Between::default());
        assert_eq!(points.iter().map(|point| (point.fresh, point.flips)).collect::<Vec<_>>(), [(0, 0), (1, 1)]);
    }
}
