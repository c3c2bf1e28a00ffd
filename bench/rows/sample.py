"""Row 7: what reads 10,000 tasks again and again costs."""

import os
import time

from fake import MESOS_TCP, fake
from lines import absolute, compared, missing
from measure import command_seconds
from peers import Missing, peer_seconds, python

TASKS = 10_000
SAMPLES = 20
TURNS = 3

PYPI_MARATHON = """
import sys
import time
from marathon import MarathonClient

client = MarathonClient(sys.argv[1])
for _ in range(int(sys.argv[2])):
    app = client.get_app("/hc", embed_tasks=True)
    healthy = sum(all(check.alive for check in task.health_check_results) for task in app.tasks)
    assert healthy == int(sys.argv[3]), healthy
    time.sleep(0.2)
"""


def lines(bench):
    with fake(bench, "--agents", "200") as server:
        server.create(TASKS, healthChecks=[MESOS_TCP | {"delaySeconds": 0}])
        while server.healthy() < TASKS:
            time.sleep(0.5)
        ours, memory = [], []
        for _ in range(TURNS):
            short, _ = watched(bench, server.url, SAMPLES // 2)
            long, peak = watched(bench, server.url, SAMPLES // 2 + SAMPLES)
            ours.append((long - short) / SAMPLES)
            memory.append(peak)
        yield absolute("7", f"processor time of a sample of {TASKS:,} tasks", ours, "ms", 60, 25, scale=1e3)
        yield absolute("7", f"memory for {SAMPLES + SAMPLES // 2} samples", memory, "MB", 100, 64)
        what = "the same beside a client that reads the tasks"
        try:
            interpreter = python(bench, "marathon")

            def reads(times):
                return peer_seconds([interpreter, "-c", PYPI_MARATHON, server.url, str(times), str(TASKS)])

            peer = [(reads(4) - reads(1)) / 3 for _ in range(TURNS)]
            yield compared("7", what, ours, "PyPI marathon", peer, "ms", 20, 48, scale=1e3)
        except Missing as reason:
            yield missing("7", what, ours, "ms", reason, scale=1e3)


def watched(bench, url, seconds):
    """Processor time and memory of the rig that takes a sample each second."""
    out = os.path.join(bench.folder, f"watch-{time.monotonic_ns()}")
    program = os.path.join(bench.programs, "hc-rig")
    return command_seconds(
        [program, "watch", "--url", url, "--poll", "1s", "--for", f"{seconds}s", "--quiet", "--out", out, "/hc"]
    )
