"""Row 6 and the checks of row 11: checks of every task each second, in virtual time."""

from fake import MESOS_TCP, fake
from lines import Line, absolute, figure
from measure import median

HOUR_S = 3_600
QUICK_S = 300
FAULTS = (
    {"act": {"checks": {"slow": "1s"}}, "probability": 0.01},
    {"act": {"agents": {"out": "30s"}}, "every": "10m", "probability": 0.2},
)


def lines(bench):
    seconds = bench.of(HOUR_S, QUICK_S)
    hour = [checks(bench, 5_000, seconds) * 5_000 * HOUR_S]
    what = "an hour of checks each second, 5,000 tasks" + bench.of("", f", told from {QUICK_S} s")
    yield absolute("6", what, hour, "CPU-s", 10, 5)
    if bench.quick:
        return
    faults = [checks(bench, 5_000, HOUR_S, FAULTS) * 5_000 * HOUR_S]
    yield Line("6", "the same with faults", figure(faults, "CPU-s"))
    a_check = {tasks: [checks(bench, tasks, 2_000_000 // tasks) for _ in range(3)] for tasks in (1_000, 10_000, 100_000)}
    for few, many in ((1_000, 10_000), (10_000, 100_000)):
        growth = [median(a_check[many]) / median(a_check[few])]
        what = f"growth of a check, {few:,} tasks ({figure(a_check[few], 'µs', 1e6)}) to {many:,}"
        yield absolute("11", what, growth, "×", 1.3, 1.05)


def checks(bench, tasks, seconds, faults=()):
    """Seconds of processor time of one check, once all tasks run."""
    with fake(bench, "--clock", "manual", "--agents", str(max(20, tasks // 50))) as ours:
        ours.create(tasks, healthChecks=[MESOS_TCP | {"delaySeconds": 0}])
        while ours.healthy() < tasks:
            ours.advance(5)
        for fault in faults:
            ours.admin.request("POST", "/fake/faults", fault)
        used = ours.program.seconds()
        ours.advance(seconds)
        return (ours.program.seconds() - used) / (tasks * seconds)
