"""Row 1: processor time of a real check, beside HAProxy, which checks as many listeners at the same time.

The listeners are light tasks of the fake, one half for each of the two; the thread that owns them is left out, since the
servers of HAProxy are no part of it.
"""

import contextlib
import os
import time

from fake import fake
from lines import compared, missing
from measure import running
from peers import Missing, command

TASKS = int(os.environ.get("TASKS", "2000"))
WINDOWS = 5
WINDOW_S = 5
SETTLE_S = 3
# A check of ours may cost one and a half of HAProxy's.
FLOOR, GOAL = 0.67, 1.0
PROTOCOLS = ("TCP", "HTTP", "MESOS_TCP", "MESOS_HTTP")


def lines(bench):
    for protocol in PROTOCOLS:
        what = f"{protocol}, processor time a check, {TASKS:,} tasks at 1 s"
        try:
            peer = command("haproxy", "haproxy")
        except Missing as reason:
            ours, _ = measure(bench, protocol, None)
            yield missing("1", what, ours, "µs", reason, scale=1e6)
            continue
        ours, theirs = measure(bench, protocol, peer)
        yield compared("1", what, ours, "HAProxy", theirs, "µs", FLOOR, GOAL, scale=1e6)


def measure(bench, protocol, peer):
    """Seconds of processor time a check of the fake and of the peer, one for each window."""
    ports = TASKS * 2 // 5 // 1000 * 1000 + 2000
    arguments = ["--tasks", "light", "--agents", "5", "--agent-mem", "1000000", "--process-ports", str(ports)]
    with fake(bench, *arguments) as ours, contextlib.ExitStack() as stack:
        check = {"protocol": protocol, "intervalSeconds": 1, "timeoutSeconds": 5, "portIndex": 0}
        ours.create(TASKS, id="/unchecked")
        wait_for(ours, "/unchecked", "tasksRunning")
        ours.create(TASKS, healthChecks=[check])
        wait_for(ours, "/hc", "tasksHealthy")
        haproxy = None
        if peer:
            tasks = ours.client.request("GET", "/v2/apps//unchecked/tasks")["tasks"]
            haproxy = stack.enter_context(running([peer, "-q", "-db", "-f", configuration(bench, protocol, tasks)], bench.folder))
            time.sleep(SETTLE_S)
        ours_each, theirs_each = [], []
        for _ in range(WINDOWS):
            before = (used(ours.program, "light-tasks"), begun(ours), haproxy and used(haproxy), time.monotonic())
            time.sleep(WINDOW_S)
            after = (used(ours.program, "light-tasks"), begun(ours), haproxy and used(haproxy), time.monotonic())
            ours_each.append((after[0] - before[0]) / (after[1] - before[1]))
            if haproxy:
                # It makes one check of each server a second and does not say how many.
                theirs_each.append((after[2] - before[2]) / (TASKS * (after[3] - before[3])))
        return ours_each, theirs_each


def configuration(bench, protocol, tasks):
    """HAProxy in one thread, with a whole handshake for TCP as the fake makes it: by default it leaves out the last part."""
    check = ["option httpchk GET /"] if protocol.endswith("HTTP") else ["option tcp-check", "tcp-check connect linger"]
    lines = ["global", "nbthread 1", "defaults", "mode http"]
    lines += [f"timeout {what} 5s" for what in ("connect", "client", "server", "check")]
    # Without a listener it does not start.
    lines += ["frontend none", f"bind unix@{bench.folder}/haproxy.sock", "default_backend tasks", "backend tasks", *check]
    lines += [f"server t{n} {task['host']}:{task['ports'][0]} check inter 1s" for n, task in enumerate(tasks)]
    path = os.path.join(bench.folder, "haproxy.cfg")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    return path


def wait_for(ours, app, field):
    while ours.client.request("GET", f"/v2/apps/{app}")["app"][field] < TASKS:
        time.sleep(0.2)


def begun(ours):
    return sum(ours.state()["figures"]["probesBegun"].values())


def used(program, without=None):
    """Seconds of processor time of a program's threads, without those of a name."""
    folder = f"/proc/{program.process.pid}/task"
    total = 0
    for thread in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            with open(f"{folder}/{thread}/comm", encoding="ascii") as file:
                if file.read().strip() == without:
                    continue
            with open(f"{folder}/{thread}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
    return total / 1e9
