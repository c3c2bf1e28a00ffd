"""Row 3: an app with all its tasks is read while its tasks change."""

import contextlib
import os
import shutil
import time

from fake import MESOS_TCP, QUICK_CLOCK, fake
from lines import Line, absolute, compared, figure, missing
from measure import Client, free_port, median, percentile, running, turns, wait_until_it_listens
from peers import Missing, command, wiremock

PATH = "/v2/apps//hc?embed=app.tasks"
READS = 60
TURNS = 5


def lines(bench):
    for tasks in bench.of((1_000, 10_000), (10_000,)):
        yield from beside_file_servers(bench, tasks)
    if not bench.quick:
        yield from while_flapping(bench, 10_000)


def beside_file_servers(bench, tasks):
    """Ours makes the answer; the peers send a file with the same bytes."""
    with fake(bench, "--agents", "100", *bench.of((), QUICK_CLOCK)) as ours:
        ours.create(tasks, healthChecks=[MESOS_TCP | {"delaySeconds": 0}])
        ours.wait_until_healthy(tasks, bench.quick)
        body = os.path.join(bench.folder, "body.json")
        ours.client.connection.request("GET", PATH)
        with open(body, "wb") as file:
            file.write(ours.client.connection.getresponse().read())
        what = f"`GET` of {tasks:,} tasks ({os.path.getsize(body) / 1e6:.1f} MB), median"

        def typical(client, path):
            return lambda: median([client.timed_get(path)[0] for _ in range(READS)])

        if bench.quick:
            yield Line("3", what, figure(turns(TURNS, typical(ours.client, PATH))[0], "ms", 1e3))
            return

        mine = typical(ours.client, PATH)
        for name, serves, floor, goal in (("WireMock", wiremock_serves, 1, 3), ("nginx", nginx_serves, 0.05, 0.3)):
            try:
                with serves(bench, body) as url:
                    client = Client(url)
                    typical(client, "/body.json")()
                    figures = turns(TURNS, mine, typical(client, "/body.json"))
                    yield compared("3", what, figures[0], name, figures[1], "ms", floor, goal, scale=1e3)
            except Missing as reason:
                yield missing("3", what, turns(TURNS, mine)[0], "ms", f"{name}: {reason}", scale=1e3)


def while_flapping(bench, tasks):
    """All tasks change their health at the same moments."""
    with fake(bench, "--agents", "100") as ours:
        ours.create(
            tasks,
            labels={"HC_RIG_BEHAVIOUR": "flaps=up:5s,down:2s"},
            healthChecks=[MESOS_TCP | {"delaySeconds": 0, "maxConsecutiveFailures": 1000}],
        )
        while ours.healthy() < tasks // 2:
            time.sleep(0.5)
        until = time.monotonic() + 30
        times = []
        while time.monotonic() < until:
            times.append(ours.client.timed_get(PATH)[0])
            time.sleep(0.01)
    what = f"p99 of {len(times)} `GET`s while {tasks:,} tasks flap in phase, as a multiple of the median"
    yield absolute("3", what, [percentile(times, 0.99) / median(times)], "×", 5, 3)


@contextlib.contextmanager
def wiremock_serves(bench, body):
    command_line = wiremock(bench)
    root = os.path.join(bench.folder, "wiremock")
    for folder in ("__files", "mappings"):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    shutil.copy(body, os.path.join(root, "__files", "body.json"))
    with open(os.path.join(root, "mappings", "body.json"), "w", encoding="ascii") as file:
        file.write('{"request": {"method": "GET", "url": "/body.json"}, "response": {"bodyFileName": "body.json"}}')
    options = ["--port", "0", "--no-request-journal", "--root-dir", root]
    with running([*command_line, *options], bench.folder) as program:
        yield "http://127.0.0.1:" + program.wait_for(r"^port:\s+(\d+)").group(1)


@contextlib.contextmanager
def nginx_serves(bench, body):
    program = command("nginx", "nginx-light")
    root = os.path.dirname(body)
    port = free_port()
    settings = os.path.join(root, "nginx.conf")
    with open(settings, "w", encoding="ascii") as file:
        file.write(
            f"daemon off; worker_processes 1; pid {root}/nginx.pid; error_log stderr crit; user root;\n"
            "events {}\n"
            f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n"
        )
    os.chmod(root, 0o755)
    with running([program, "-c", settings], bench.folder):
        url = f"http://127.0.0.1:{port}"
        wait_until_it_listens(url)
        yield url
