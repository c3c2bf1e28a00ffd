//! The course of a run: one point a sample, with what is drawn over time beside the bars.
//!
//! Built in one pass; what is remembered of a task is the time of its last results, so that memory grows with the number
//! of tasks and samples and not with the size of the file.

use std::collections::HashMap;

use serde_json::Value;

use harness::record::{Ages, Counts, Sample};

use crate::folder::tasks::Stories;

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
    /// Changes of health after a task's first result.
    pub flips: u64,
    /// Tasks that ended since the sample before, clean-up left out.
    pub ended: u64,
    /// Those of them that a failed health check ended.
    pub killed: u64,
}

impl Point {
    /// Tasks that have checks made of them.
    pub fn checked(&self) -> u64 {
        self.counts.running + self.counts.healthy + self.counts.unhealthy
    }
}

/// What is remembered of a task from one sample to the next.
#[derive(Clone, Debug, Default)]
struct Last {
    news: Vec<String>,
    alive: Option<bool>,
}

/// Builds the points.
#[derive(Debug, Default)]
pub struct Course {
    points: Vec<Point>,
    tasks: HashMap<String, Last>,
}

impl Course {
    /// Takes one more sample into account.
    pub fn sample(&mut self, sample: &Sample) {
        let mut point = Point {
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
            ..Point::default()
        };
        for task in &sample.tasks {
            let (fresh, flips) = self.task(task);
            point.fresh += fresh;
            point.flips += flips;
        }
        // Tasks with nothing new but good results are not in the file: the sampler counted them.
        point.fresh = sample.results.map_or(point.fresh, u64::from);
        for id in &sample.gone {
            self.tasks.remove(id);
        }
        self.points.push(point);
    }

    /// How many results of the task are new, and whether its health changed.
    fn task(&mut self, task: &Value) -> (u64, u64) {
        let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let staged = text(task, "stagedAt");
        let results = task.get("healthCheckResults").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let last = self.tasks.entry(text(task, "id")).or_default();
        last.news.resize(results.len().max(last.news.len()), String::new());
        let (mut fresh, mut alive) = (0, None);
        for (result, before) in results.iter().zip(&mut last.news) {
            // ISO 8601 in UTC sorts as text.
            let news = text(result, "lastSuccess").max(text(result, "lastFailure"));
            // A successor shows its predecessor's record until its own first result.
            if news.is_empty() || news < staged {
                continue;
            }
            if news > *before {
                fresh += 1;
                *before = news;
            }
            if let Some(well) = result.get("alive").and_then(Value::as_bool) {
                alive = Some(alive.unwrap_or(true) && well);
            }
        }
        let flipped = matches!((last.alive, alive), (Some(before), Some(now)) if before != now);
        last.alive = alive.or(last.alive);
        (fresh, u64::from(flipped))
    }

    /// The points, with the ends of the tasks in them.
    pub fn finish(mut self, stories: &Stories) -> Vec<Point> {
        for story in stories.all() {
            let Some(end) = &story.end else { continue };
            // An event comes before the poll that shows it; the last poll may have been before the event.
            let index = self.points.partition_point(|point| point.t < end.t).min(self.points.len().saturating_sub(1));
            if let Some(point) = self.points.get_mut(index) {
                point.ended += 1;
                point.killed += u64::from(story.is_killed_by_check());
            }
        }
        self.points
    }
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
    fn results_count_once_and_flips_are_seen() {
        let mut course = Course::default();
        for (request, (alive, at)) in [(true, 1), (true, 1), (true, 3), (false, 4), (true, 5)].into_iter().enumerate() {
            course.sample(&sample(request as u64 + 1, alive, at));
        }
        let points = course.finish(&Stories::default());
        assert_eq!(points.iter().map(|point| point.fresh).collect::<Vec<_>>(), [1, 0, 1, 1, 1]);
        assert_eq!(points.iter().map(|point| point.flips).collect::<Vec<_>>(), [0, 0, 0, 1, 1]);
        assert_eq!(points.iter().map(|point| point.since).collect::<Vec<_>>(), [0.0, 1.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn an_inherited_record_is_no_news() {
        let mut course = Course::default();
        let mut inherited = sample(1, false, 1);
        inherited.tasks[0]["stagedAt"] = json!("2026-11-22T17:00:02.000Z");
        course.sample(&inherited);
        course.sample(&sample(2, true, 4));
        let points = course.finish(&Stories::default());
        assert_eq!(points.iter().map(|point| (point.fresh, point.flips)).collect::<Vec<_>>(), [(0, 0), (1, 0)]);
    }
}
