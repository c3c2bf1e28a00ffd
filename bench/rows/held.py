"""Row 2: how many real tasks stay healthy at a check a second, by `hc-rig try --tasks light`, and how old their results get.

The peer is the experiment of 2017 behind the procedure, on a cluster: 1,900 tasks under HTTP checks, 3,700 under TCP checks,
4,500 and more under Mesos-native ones.
"""

import json
import os
import subprocess

from lines import absolute

TASKS = int(os.environ.get("HELD", "10000"))
AGE_FLOOR_S, AGE_GOAL_S = 2.0, 1.2


def lines(bench):
    for pair in ("mesos,TCP", "mesos,HTTP"):
        folder = os.path.join(bench.folder, f"held-{pair}")
        held, age = run(bench, pair, folder)
        yield absolute("2", f"tasks held at a check a second, {pair}", [held], "", 10_000, 20_000, less=False)
        yield absolute("2", f"p99 of the results' age, {pair}, {TASKS:,} tasks", [age], "s", AGE_FLOOR_S, AGE_GOAL_S)


def run(bench, pair, folder):
    """The tasks that stayed healthy, 0 if some did not, and the age of their results."""
    command = [os.path.join(bench.programs, "hc-rig"), "try", "--tasks", "light", "--pair", pair, "--out", folder]
    command += ["--step", str(max(1, TASKS // 4)), "--target", str(TASKS), "--hold", "20s", "--quiet"]
    subprocess.run(command, check=False, capture_output=True)
    with open(os.path.join(folder, "summary.json"), encoding="utf-8") as file:
        summary = json.load(file)
    held = TASKS if summary["verdict"] == "passed" else 0
    return held, summary["measures"]["result_age_seconds"]["p99"]
