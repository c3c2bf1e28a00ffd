"""Row 9: the report of a long run, beside a script that reads the same tasks and lets matplotlib draw their states."""

import json
import os

from lines import Line, compared, figure, missing
from measure import command_seconds
from peers import Missing, peer_seconds, python

SAMPLES = 2_000
TASKS = 10_000
# As the sampler writes: all tasks so often, between them those that changed.
FULL_EVERY = 30
CHANGED = 3
TURNS = 3

MATPLOTLIB = """
import collections
import json
import sys
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plot

times, counts, tasks = [], [], {}
with open(sys.argv[1] + "/samples.jsonl") as samples:
    for line in samples:
        sample = json.loads(line)
        for task in sample["tasks"]:
            results = task["healthCheckResults"]
            tasks[task["id"]] = "healthy" if results and all(result["alive"] for result in results) else "unhealthy"
        for gone in sample["gone"]:
            tasks.pop(gone, None)
        times.append(sample["t"])
        counts.append(collections.Counter(tasks.values()))
states = sorted(set().union(*counts))
plot.figure(figsize=(12, 6))
plot.stackplot(times, [[count[state] for count in counts] for state in states], labels=states)
plot.legend()
plot.savefig(sys.argv[2])
"""


def lines(bench):
    folder = os.path.join(bench.folder, "long-run")
    samples = bench.of(SAMPLES, 200)
    write(folder, samples)
    program = os.path.join(bench.programs, "hc-rig")

    def ours(form):
        return command_seconds([program, "report", "--format", form, folder])[0]

    what = f"a chart of {samples:,} samples of {TASKS:,} tasks ({os.path.getsize(folder + '/samples.jsonl') / 1e6:.0f} MB)"
    mine = [ours("chart") for _ in range(TURNS)]
    try:
        interpreter = python(bench, "matplotlib")
        picture = os.path.join(bench.folder, "chart.png")
        peer = [peer_seconds([interpreter, "-c", MATPLOTLIB, folder, picture]) for _ in range(TURNS)]
        yield compared("9", what, mine, "matplotlib", peer, "CPU-s", 10, 50)
    except Missing as reason:
        yield missing("9", what, mine, "CPU-s", reason)
    yield Line("9", "the page of the same run", figure([ours("html") for _ in range(TURNS)], "CPU-s"))


def write(folder, samples):
    os.makedirs(folder)
    start = "2026-01-01T12:00:00.000Z"
    definition = {"id": "/hc", "healthChecks": [{"protocol": "MESOS_TCP", "intervalSeconds": 1}]}
    with open(os.path.join(folder, "run.json"), "w", encoding="ascii") as file:
        json.dump(
            {
                "format": 1,
                "run": "long",
                "pair": "mesos,MESOS_TCP",
                "started_at": start,
                "app": "/hc",
                "definition": definition,
                "cluster": {"kind": "fake"},
                "plan": {"targets": [TASKS], "poll_seconds": 2.0},
            },
            file,
        )
    open(os.path.join(folder, "events.jsonl"), "w").close()

    def task(number, sample):
        instance = f"hc.instance-{number:08x}-0000-11f0-8000-000000000000"
        at = f"2026-01-01T{12 + sample // 1800:02}:{sample // 30 % 60:02}:{sample * 2 % 60:02}.000Z"
        result = {"alive": True, "consecutiveFailures": 0, "firstSuccess": start, "lastSuccess": at}
        return {
            "id": f"{instance}._app.1",
            "appId": "/hc",
            "healthCheckResults": [result | {"instanceId": f"instance [{instance}]"}],
            "host": "10.0.0.1",
            "ipAddresses": [{"ipAddress": "10.0.0.1", "protocol": "IPv4"}],
            "ports": [31_000 + number],
            "servicePorts": [],
            "slaveId": "6f6ab06d-31f2-474d-99d3-2cd7ef85da57-S0",
            "state": "TASK_RUNNING",
            "stagedAt": start,
            "startedAt": start,
            "version": start,
            "localVolumes": [],
            "role": "*",
        }

    with open(os.path.join(folder, "samples.jsonl"), "w", encoding="ascii") as file:
        for sample in range(samples):
            full = sample % FULL_EVERY == 0
            numbers = range(TASKS) if full else [(sample * CHANGED + at) % TASKS for at in range(CHANGED)]
            line = {
                "v": 1,
                "at": f"2026-01-01T{12 + sample // 1800:02}:{sample // 30 % 60:02}:{sample * 2 % 60:02}.000Z",
                "t": sample * 2.0,
                "request": sample + 1,
                "step": 1,
                "target": TASKS,
                "counts": {"healthy": TASKS},
                "results": 0,
                "complete": full,
                "tasks": [task(number, sample) for number in numbers],
                "gone": [],
            }
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
