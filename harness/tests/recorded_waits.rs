//! Conditions against recorded answers of a real Marathon: what a wait would have reported at each moment.

mod recorded;

use std::{sync::Arc, time::Duration};

use harness::{
    model::{App, Deployment, Event},
    wait::{Condition, Look, Section, View},
    watch::{
        AppView, Counted, Events, Logged, TaskView, concerns, crash_looping, gone, healthy, killed_by_health_check,
        replaced, settled, stays_healthy_for, time_to_healthy,
    },
};
use recorded::rows;
use rstest::rstest;

/// What a condition came to.
#[derive(Debug)]
enum End<T> {
    Met {
        at: f64,
        output: T,
    },
    Never {
        at: f64,
        reason: String,
    },
    /// Neither, until the recording was over.
    Open {
        reasons: Vec<String>,
    },
}

/// The views that a wait would have observed at each recorded answer about the app, in virtual time.
async fn views(case: &str, id: &str, with_events: bool) -> Vec<(f64, AppView)> {
    let mut view = AppView { id: id.to_owned(), ..AppView::default() };
    view.events.on = with_events;
    let mut views = Vec::new();
    for row in rows(case) {
        let t = row["t"].as_f64().expect("a time");
        match row["get"].as_str() {
            None if with_events && concerns(&row["event"], id) => {
                let what = Ok(Event::new("", row["event"].clone()));
                view.events.all.push(Arc::new(Logged { at: text::duration::from_seconds(t), what }));
                continue;
            }
            None => continue,
            Some("/v2/deployments") => {
                view.deployments = serde_json::from_value::<Vec<Deployment>>(row["body"].clone()).expect("deployments");
                view.deployments.retain(|deployment| deployment.affected_apps.iter().any(|app| app == id));
            }
            Some("/v2/queue") => {
                let entries = row["body"]["queue"].as_array().expect("a queue").clone();
                let entries = entries.into_iter().map(|entry| serde_json::from_value(entry).expect("an entry"));
                view.queue = entries.into_iter().find(|entry: &harness::model::QueueEntry| entry.app_id == id);
            }
            Some(path) if path != format!("/v2/apps{id}") => continue,
            Some(_) if row["status"] == 404 => view.app = None,
            Some(_) => {
                let app = App::from_value(row["body"]["app"].clone()).expect("an app");
                if app.deployments.is_empty() {
                    view.deployments.clear();
                }
                view.app = Some(app);
            }
        }
        views.push((t, view.clone()));
    }
    views
}

/// Lets a condition look at one view after the other until it has made up its mind.
async fn try_on<V, C: Condition<V>>(views: impl IntoIterator<Item = (f64, V)>, mut condition: C) -> End<C::Output> {
    let start = tokio::time::Instant::now();
    let mut reasons: Vec<String> = Vec::new();
    for (at, view) in views {
        tokio::time::sleep_until(start + text::duration::from_seconds(at)).await;
        match condition.look(&view) {
            Look::Met(output) => return End::Met { at, output },
            Look::Never(reason) => return End::Never { at, reason },
            Look::NotYet(reason) => {
                if reasons.last() != Some(&reason) {
                    reasons.push(reason);
                }
            }
        }
    }
    End::Open { reasons }
}

/// The views of the first task that the case's app ever had.
async fn first_task(case: &str, with_events: bool) -> Vec<(f64, TaskView)> {
    let apps = views(case, "/hc", with_events).await;
    let id = apps.iter().flat_map(|(_, view)| view.tasks()).next().expect("a task").id.to_string();
    let views = apps.into_iter().map(|(at, app)| (at, TaskView { id: id.clone(), app }));
    views.skip_while(|(_, view)| view.task().is_none()).collect()
}

fn met<T: std::fmt::Debug>(end: End<T>) -> (f64, T) {
    match end {
        End::Met { at, output } => (at, output),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::marathon_counts_to_four("fails_after_healthy.tcp", 4, Counted::ByEvents)]
#[case::mesos_kills_at_three("fails_after_healthy.mesos_tcp", 3, Counted::ByTime)]
#[case::mesos_http("fails_after_healthy.mesos_http", 3, Counted::ByTime)]
#[case::command("fails_after_healthy.command", 3, Counted::ByTime)]
#[case::probes_that_overlap_fail_once_more_after_the_kill("hangs.http", 4, Counted::ByEvents)]
#[case::each_native_probe_runs_into_its_time_out("hangs.mesos_http", 3, Counted::ByTime)]
#[case::never_healthy("never_healthy.tcp", 4, Counted::ByEvents)]
#[case::never_healthy_native("never_healthy.mesos_tcp", 3, Counted::ByTime)]
#[case::a_native_limit_of_none_kills_at_once("zero_max_failures.mesos_tcp", 1, Counted::ByTime)]
#[tokio::test(start_paused = true)]
async fn a_death_reports_how_many_failures_it_took(
    #[case] case: &str,
    #[case] failures: u32,
    #[case] counted: Counted,
) {
    let (_, death) = met(try_on(first_task(case, true).await, killed_by_health_check()).await);
    assert_eq!((death.failures, death.counted), (failures, counted), "{death}");
    assert!(death.lived.is_some_and(|lived| lived > Duration::from_secs(1)), "{death}");
}

#[rstest]
#[case("fails_after_healthy.tcp")]
#[case("fails_after_healthy.mesos_tcp")]
#[tokio::test(start_paused = true)]
async fn without_events_a_death_is_found_and_its_count_is_a_lower_bound(#[case] case: &str) {
    let (_, death) = met(try_on(first_task(case, false).await, killed_by_health_check()).await);
    assert_eq!(death.counted, Counted::ByPolls);
    assert!((1..=4).contains(&death.failures), "{death}");
}

/// The recording asked for the queue only, so all that is known of the tasks comes from events.
#[tokio::test(start_paused = true)]
async fn a_crash_is_not_a_kill_by_a_health_check() {
    let apps = views("crash_loop", "/a", true).await;
    let ids = apps.iter().flat_map(|(_, view)| view.events.iter().filter_map(Event::task_id));
    let id = ids.into_iter().next().expect("a task").to_owned();
    let views = apps.into_iter().map(|(at, app)| (at, TaskView { id: id.clone(), app }));
    // Events that come later than the end that a poll shows are waited for: the first polls show no task at all.
    let end = try_on(views.skip_while(|(at, _)| *at < 6.0), killed_by_health_check()).await;
    let End::Never { reason, .. } = end else { panic!("{end:?}") };
    assert!(reason.contains("ended as TASK_FAILED (Command exited with status 3), not by a health check"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn crashes_are_counted_by_instance_and_the_back_off_is_reported() {
    let (at, found) = met(try_on(views("crash_loop", "/a", true).await, crash_looping(3)).await);
    assert_eq!(found.crashes, 3);
    assert!(at > 15.6 && found.held_back.is_some(), "{found:?} at {at}");
}

#[tokio::test(start_paused = true)]
async fn a_successor_has_the_instance_and_another_incarnation() {
    let views = views("fails_after_healthy.mesos_tcp", "/hc", true).await;
    let victim = views.iter().flat_map(|(_, view)| view.tasks()).next().expect("a task").clone();
    let (at, successor) = met(try_on(views.clone(), replaced(&victim)).await);
    assert_eq!(successor.id.instance(), victim.id.instance());
    assert_eq!((victim.id.incarnation(), successor.id.incarnation()), (Some(1), Some(2)));
    assert!(at > 16.9, "running again at {at}");

    // The successor still shows the record of the killed task; only its own first result makes it healthy.
    let (well, ()) = met(try_on(views, healthy(1).and(replaced(&victim))).await);
    assert!(well > 18.1, "healthy again at {well}");
}

#[tokio::test(start_paused = true)]
async fn health_that_does_not_last_is_found_out() {
    let views = views("fails_after_healthy.tcp", "/hc", true).await;
    let well = views.into_iter().skip_while(|(_, view)| view.app.as_ref().is_none_or(|app| app.tasks_healthy == 0));
    let end = try_on(well, stays_healthy_for(Duration::from_secs(20))).await;
    let End::Never { reason, at } = end else { panic!("{end:?}") };
    assert!(at > 12.0 && reason.contains("has failed once: ConnectException: Connection refused"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_lapse_between_two_polls_is_found_by_its_events() {
    // Only the polls at which all was well: the kill at 15.6 s and the recovery at 16.6 s lie between two of them.
    let views = views("fails_after_healthy.tcp", "/hc", true).await;
    let well = |view: &AppView| view.app.as_ref().is_some_and(|app| app.tasks_healthy == 1);
    let polls = views.into_iter().filter(|(_, view)| well(view));
    let end = try_on(polls, stays_healthy_for(Duration::from_secs(20))).await;
    let End::Never { reason, .. } = end else { panic!("{end:?}") };
    assert!(reason.contains("between two observations"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn the_time_to_healthy_is_measured_by_marathons_own_clock() {
    let (_, times) = met(try_on(views("fails_after_healthy.tcp", "/hc", true).await, time_to_healthy(1)).await);
    // startedAt 16:57:49.381, firstSuccess 16:57:49.934.
    assert_eq!(times[0].1, Duration::from_millis(553));
}

#[tokio::test(start_paused = true)]
async fn reasons_follow_the_app_from_nothing_to_settled() {
    let end = try_on(views("lifecycle.http", "/hc", true).await, healthy(3).and(settled())).await;
    let (at, ()) = met(end);
    assert!((3.0..4.0).contains(&at), "{at}");
    let end = try_on(views("lifecycle.http", "/hc", true).await, healthy(4)).await;
    let End::Open { reasons } = end else { panic!("{end:?}") };
    insta::assert_snapshot!(reasons.join("\n"), @r"
    0 of 4 healthy: 1 scheduled
    1 of 4 healthy: 1 healthy
    3 of 4 healthy: 3 healthy
    1 of 4 healthy: 1 healthy
    ");
}

#[test]
fn an_app_that_is_not_there_is_gone_once_its_deletion_is_over() {
    let mut view = AppView { id: "/hc".to_owned(), ..AppView::default() };
    view.deployments = vec![Deployment::default()];
    assert!(matches!(gone().look(&view), Look::NotYet(_)));
    view.deployments.clear();
    assert_eq!(gone().look(&view), Look::Met(()));
}

/// The report's sections of the last view before `t`.
async fn sections(case: &str, id: &str, t: f64) -> String {
    let views = views(case, id, true).await;
    let (_, mut view) = views.into_iter().take_while(|(at, _)| *at < t).last().expect("a view");
    view.events = Events { since: text::duration::from_seconds(t - 4.0), ..view.events };
    let sections: Vec<String> =
        view.sections().iter().filter(|each| !each.lines.is_empty()).map(Section::to_string).collect();
    format!("{}\n\n{}", view.line(), sections.join("\n\n"))
}

#[tokio::test(start_paused = true)]
async fn the_report_names_the_unhealthy_task_its_place_and_its_cause() {
    insta::assert_snapshot!(sections("fails_after_healthy.tcp", "/hc", 15.2).await, @r"
    1 unhealthy (d71e2a8a.1 failed 3 times)

    tasks that are not healthy
      hc.instance-d71e2a8a-e695-11f1-8b60-0242c7fa89ad._app.1  unhealthy
        TASK_RUNNING on 127.0.0.1, port 34210, agent c2390c60-7f06-44a8-a787-24b26bf3a133-S0, running since 16:57:49.381
        not alive, 3 failures counted, last failure at 16:58:00.093: ConnectException: Connection refused

    events since the start
         1.35 s  failed_health_check_event d71e2a8a
         1.35 s  instance_health_changed_event d71e2a8a not healthy
         1.35 s  health_status_changed_event d71e2a8a not healthy
         2.35 s  failed_health_check_event d71e2a8a
         3.35 s  failed_health_check_event d71e2a8a
    ");
}

#[tokio::test(start_paused = true)]
async fn the_report_names_the_reasons_of_declined_offers() {
    insta::assert_snapshot!(sections("too_big", "/a", 6.35).await, @r"
    1 scheduled; offers declined: InsufficientCpus 1

    tasks that are not running
      1 of 1 not launched yet

    launch queue
      1 waiting to be launched
      offers declined: InsufficientCpus 1

    events since the start
      none
    ");
}
