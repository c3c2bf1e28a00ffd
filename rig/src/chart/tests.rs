use super::*;

fn bars(count: u64) -> Vec<Bar> {
    (1..=count)
        .map(|request| {
            let target = 1 + request * 40 / count / 10 * 10;
            let unhealthy = u64::from(request % 17 == 0);
            let staged = u64::from(request % 10 < 3) * 5;
            let counts = Counts { healthy: target - unhealthy.min(target), unhealthy, staged, ..Counts::default() };
            Bar {
                request,
                t: request as f64 * 2.0,
                second_of_day: Some(61_000 + request as u32),
                target,
                counts,
                age: None,
            }
        })
        .collect()
}

fn series(count: u64) -> Series {
    Series {
        title: "mesos, <TCP>".to_owned(),
        facts: "5 agents".to_owned(),
        poll: "request".to_owned(),
        bars: bars(count),
    }
}

#[test]
fn the_chart_is_valid_and_becomes_a_png() {
    let svg = single(&series(30), 1200.0, 560.0, Theme::Standalone);
    assert!(svg.contains("mesos, &lt;TCP&gt;"), "titles are escaped");
    let png = png::from_svg(&svg).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
}

#[test]
fn an_empty_run_still_has_a_chart() {
    let svg = single(&series(0), 1200.0, 560.0, Theme::Standalone);
    png::from_svg(&svg).unwrap();
}

#[test]
fn the_time_of_day_stands_below_request_numbers_where_there_is_room() {
    let svg = single(&series(30), 1200.0, 560.0, Theme::Standalone);
    assert!(svg.contains(">16:56:41</text>") && svg.contains(">30</text>"), "{svg}");
    let times = |svg: &str| svg.lines().filter(|line| line.contains(">16:5")).count();
    assert!((10..=20).contains(&times(&svg)), "{}", times(&svg));
    assert!((2..=6).contains(&times(&single(&series(30), 400.0, 300.0, Theme::Standalone))), "few on a small picture");
    assert_eq!(second_of_day("2026-11-22T17:00:02.000Z").map(time_of_day).as_deref(), Some("17:00:02"));
    assert_eq!(
        [second_of_day(""), second_of_day("2026-11-22T27:00:02Z"), second_of_day("long ago, at ten")],
        [None; 3]
    );
}

#[test]
fn merging_never_hides_a_sick_task() {
    let mut all = bars(2000);
    for bar in &mut all {
        bar.counts.unhealthy = 0;
    }
    all[1234].counts.unhealthy = 3;
    let (merged, group) = panel::merged(&all, 1100.0);
    assert!(group > 1 && merged.len() as f64 <= 1100.0 / 1.5);
    assert_eq!(merged.iter().map(|bar| bar.counts.unhealthy).max(), Some(3));
}

#[test]
fn two_thousand_samples_stay_small() {
    let series = series(2000);
    let svg = single(&series, 1200.0, 560.0, Theme::Standalone);
    assert!(svg.len() < 200_000, "{} bytes", svg.len());
}

#[test]
fn a_single_sick_task_among_thousands_is_seen() {
    let counts = Counts { healthy: 9_999, unhealthy: 1, ..Counts::default() };
    let one = Series { bars: vec![Bar { request: 1, target: 10_000, counts, ..Bar::default() }], ..Series::default() };
    let svg = single(&one, 1200.0, 560.0, Theme::Standalone);
    let path = svg.lines().rfind(|line| line.contains("hc-unhealthy") && line.contains(" d=")).unwrap();
    let corners = corners(path);
    assert!((corners[0].1 - corners[0].2 - 3.0).abs() < 0.05, "{path}");
}

/// Left, base, top and right of each bar in a path.
fn corners(path: &str) -> Vec<(f64, f64, f64, f64)> {
    let (_, drawn) = path.split_once(" d=\"").unwrap();
    let bars = drawn.split('z').filter_map(|bar| bar.strip_prefix('M'));
    bars.map(|bar| {
        let numbers: Vec<f64> = bar.split([' ', 'V', 'H']).map(|number| number.parse().unwrap()).collect();
        (numbers[0], numbers[1], numbers[2], numbers[3])
    })
    .collect()
}

/// Rounding used to leave a tenth here and there, which is a white line a pixel wide in a browser.
#[test]
fn bars_without_a_gap_leave_none() {
    let series = Series {
        bars: (1..=101)
            .map(|n| {
                let counts = Counts { healthy: n, ..Counts::default() };
                Bar { request: n, target: n, counts, ..Bar::default() }
            })
            .collect(),
        ..Series::default()
    };
    let svg = single(&series, 400.0, 300.0, Theme::Standalone);
    let path = svg.lines().rfind(|line| line.contains("hc-healthy") && line.contains(" d=")).unwrap();
    let bars = corners(path);
    assert!(bars.len() > 50);
    assert!(bars.windows(2).all(|pair| pair[0].3.to_bits() == pair[1].0.to_bits()), "{path}");
}
