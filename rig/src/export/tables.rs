//! `samples.csv` and `tasks.csv`: one row a sample, one row a task. Times are seconds on the samples' clock; a cell is
//! empty where something was not measured or did not happen.

use harness::record::TaskLife;

use crate::{
    chart::states::STACK,
    exit::{Code, Failure},
    folder::Run,
    report::panels::{MEASURES, Reading},
};

/// One row a sample.
///
/// # Errors
/// Never in practice: it writes to memory.
pub fn samples(run: &Run) -> Result<Vec<u8>, Failure> {
    let mut head = vec!["request", "at", "seconds", "target"];
    head.extend(STACK.map(|state| state.as_str()));
    head.push("deploying");
    let measures = MEASURES.iter().filter_map(|measure| Some((measure.column?, measure.reading)));
    let (columns, readings): (Vec<&str>, Vec<Reading>) = measures.unzip();
    head.extend(columns);
    table(
        &head,
        run.course.iter().map(|point| {
            let mut row = vec![point.request.to_string(), point.at.clone(), number(point.t), point.target.to_string()];
            row.extend(STACK.map(|state| point.counts.get(state).to_string()));
            row.push(point.deploying.to_string());
            row.extend(readings.iter().map(|reading| match reading {
                Reading::Count(count) => count(point).to_string(),
                Reading::Real(value) => cell(value(point)),
            }));
            row
        }),
    )
}

/// One row a task, in the order of their ids.
///
/// # Errors
/// As [`samples`].
pub fn tasks(run: &Run) -> Result<Vec<u8>, Failure> {
    let head = [
        "task",
        "host",
        "ports",
        "agent",
        "executor_pid",
        "first_seen_seconds",
        "seconds_to_healthy",
        "first_unhealthy_seconds",
        "failures_in_a_row",
        "flips",
        "cause",
        "killed_by_check",
        "ended_seconds",
        "end",
        "end_message",
    ];
    table(&head, run.lives.all().map(row))
}

fn row(life: &TaskLife) -> Vec<String> {
    let ports: Vec<String> = life.ports.iter().map(u64::to_string).collect();
    let check_failure = life.check_failure.as_ref();
    let end = life.end.as_ref();
    let cause = life.kill_reason.clone().or_else(|| check_failure.map(|check_failure| check_failure.cause.clone()));
    vec![
        life.id.clone(),
        life.host.clone(),
        ports.join(" "),
        life.agent.clone(),
        life.executor_pid.map(|pid| pid.to_string()).unwrap_or_default(),
        number(life.first_seen),
        cell(life.seconds_to_healthy),
        cell(check_failure.map(|check_failure| check_failure.t)),
        check_failure.map(|check_failure| check_failure.failures.to_string()).unwrap_or_default(),
        life.flips.to_string(),
        cause.unwrap_or_default(),
        life.is_killed_by_check().to_string(),
        cell(end.map(|end| end.t)),
        end.map(|end| end.state.clone()).unwrap_or_default(),
        end.map(|end| end.message.clone()).unwrap_or_default(),
    ]
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, Failure> {
    let bug = |error: String| Failure::new(Code::Internal, format!("a table could not be written: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(head).map_err(|error| bug(error.to_string()))?;
    for row in rows {
        writer.write_record(row.into_iter().map(harmless)).map_err(|error| bug(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| bug(error.to_string()))
}

/// Text from a cluster must not be taken for a formula when the table is opened in a spreadsheet: an apostrophe before
/// it says that it is text. Numbers are left alone.
fn harmless(cell: String) -> String {
    let cell = text::visible(&cell).into_owned();
    let formula = cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err();
    if formula { format!("'{cell}") } else { cell }
}

/// Milliseconds are what is measured.
fn number(seconds: f64) -> String {
    format!("{seconds:.3}")
}

fn cell(seconds: Option<f64>) -> String {
    seconds.map(number).unwrap_or_default()
}
