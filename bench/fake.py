"""The fake Marathon as a process of its own, with its admin API."""

import contextlib
import os
import time

from measure import Client, running

# Launching 10,000 tasks in real time takes minutes on a busy machine.
QUICK_CLOCK = ("--clock", "manual")

# Marathon's own limits, 100 launches in 30 s and 5 with an offer, are not what is measured: with them 50,000 tasks take more
# than eight minutes of its time, and their checks cost more than their launch.
WITHOUT_LAUNCH_LIMITS = ("--launch-tokens", "100000", "--max-instances-per-offer", "100")

# What the definitions of all rows have in common: a simulated task that listens.
APP = {
    "id": "/hc",
    "cmd": "sleep 1000",
    "cpus": 0.01,
    "mem": 1,
    "portDefinitions": [{"port": 0}],
    "labels": {"HC_RIG_BEHAVIOUR": "well"},
}
MESOS_TCP = {"protocol": "MESOS_TCP", "intervalSeconds": 1, "portIndex": 0, "gracePeriodSeconds": 300}


class Fake:
    def __init__(self, program):
        self.program = program
        self.url = program.wait_for(r"^listening on (\S+)").group(1)
        self.admin = Client(program.wait_for(r"^admin on (\S+)").group(1))
        self.client = Client(self.url)

    def advance(self, seconds):
        self.admin.request("POST", "/fake/clock", {"advance": f"{seconds}s"})

    def state(self):
        return self.admin.request("GET", "/fake/state")

    def create(self, instances, **more):
        self.client.request("POST", "/v2/apps", APP | {"instances": instances} | more)

    def wait_until_healthy(self, tasks, quick):
        """Until all of them are; a fake with a clock of its own is moved there."""
        while self.healthy() < tasks:
            if quick:
                self.advance(5)
            else:
                time.sleep(0.5)

    def healthy(self):
        return self.client.request("GET", "/v2/apps//hc")["app"]["tasksHealthy"]


@contextlib.contextmanager
def fake(bench, *arguments):
    command = [os.path.join(bench.programs, "fake-marathon"), "--admin", "127.0.0.1:0", "--seed", "1"]
    command += [*WITHOUT_LAUNCH_LIMITS, *arguments]
    with running(command, bench.folder) as program:
        yield Fake(program)
