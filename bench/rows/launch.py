"""Row 4 and the launches of row 11: from a POST until all simulated tasks are healthy, with ten readers of the event stream."""

import contextlib
import time

from fake import MESOS_TCP, fake
from lines import absolute, compared, missing
from measure import running
from peers import Missing, peer_seconds, python

READERS = 10
PEER_TASKS = 1_000
TURNS = 3

# moto's container service in process: no socket, no serialising, which is in moto's favour.
MOTO = """
import sys
import boto3
from moto import mock_aws

with mock_aws():
    ecs = boto3.client("ecs", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    ec2 = boto3.client("ec2", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    ecs.create_cluster(clusterName="bench")
    ecs.register_task_definition(family="hc", containerDefinitions=[{"name": "hc", "image": "hc", "memory": 1}])
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    network = {"awsvpcConfiguration": {"subnets": [subnet]}}
    arns = []
    for _ in range(int(sys.argv[1]) // 10):
        started = ecs.run_task(
            cluster="bench", taskDefinition="hc", count=10, launchType="FARGATE", networkConfiguration=network
        )
        assert all(task["lastStatus"] == "RUNNING" for task in started["tasks"])
        arns += [task["taskArn"] for task in started["tasks"]]
    # Each look moves them on to the next state.
    for at in range(0, len(arns), 100):
        assert len(ecs.describe_tasks(cluster="bench", tasks=arns[at : at + 100])["tasks"]) == len(arns[at : at + 100])
"""


def lines(bench):
    if bench.quick:
        _, cpu = launch(bench, 10_000)
        yield absolute("4", "processor time a task, 10,000", [cpu / 10_000], "µs", 100, 40, scale=1e6)
        return
    costs = {}
    for tasks in (1_000, 10_000, 50_000):
        figures = [launch(bench, tasks) for _ in range(TURNS)]
        costs[tasks] = [cpu / tasks for _, cpu in figures]
        if tasks == 50_000:
            rates = [tasks / wall for wall, _ in figures]
            yield absolute("4", "tasks healthy a second, 50,000 of one POST", rates, "/s", 10_000, 25_000, less=False)
    yield absolute("4", "processor time a task, 50,000", costs[50_000], "µs", 100, 40, scale=1e6)
    decade = [(many / few) ** (1 / 1.7) for many, few in zip(costs[50_000], costs[1_000], strict=True)]
    yield absolute("11", "growth of a launch per decade, 1,000 to 50,000", decade, "×", 1.3, 1.05)
    what = "processor time a task, 1,000, beside a container service's double"
    try:
        interpreter = python(bench, "moto")
        base = min(peer_seconds([interpreter, "-c", MOTO, "0"]) for _ in range(2))
        peer = [
            (peer_seconds([interpreter, "-c", MOTO, str(PEER_TASKS)]) - base) / PEER_TASKS for _ in range(TURNS)
        ]
        yield compared("4", what, costs[1_000], "moto ECS", peer, "µs", 5.8, 20, scale=1e6)
    except Missing as reason:
        yield missing("4", what, costs[1_000], "µs", reason, scale=1e6)


def launch(bench, tasks):
    """Seconds, and seconds of processor time, until all are healthy."""
    with fake(bench, "--clock", "manual", "--agents", "500") as ours, contextlib.ExitStack() as readers:
        for _ in range(READERS):
            stream = ["curl", "-sN", "-H", "Accept: text/event-stream", "-o", "/dev/null", ours.url + "/v2/events"]
            readers.enter_context(running(stream, bench.folder))
        while ours.state()["figures"]["subscribers"] < READERS:
            time.sleep(0.05)
        begun, used = time.monotonic(), ours.program.seconds()
        ours.create(tasks, healthChecks=[MESOS_TCP | {"delaySeconds": 0}])
        while ours.healthy() < tasks:
            ours.advance(2)
        return time.monotonic() - begun, ours.program.seconds() - used


