"""Processor time, memory and turns: how all rows measure.

A figure is the median of several turns; ours and the peer's turns alternate, so that a busy machine hits both.
"""

import contextlib
import http.client
import json
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.parse

TICKS = os.sysconf("SC_CLK_TCK")
ANSWER_TIMEOUT_S = 600


class Program:
    """A program that runs beside us. Its standard output goes to a file."""

    def __init__(self, command, folder, **more):
        self.output = tempfile.NamedTemporaryFile(dir=folder, suffix=".out", delete=False)
        self.process = subprocess.Popen(command, stdout=self.output, stderr=subprocess.STDOUT, **more)

    def text(self):
        with open(self.output.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for(self, pattern, seconds=60):
        """The first match of a pattern in the output."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.text(), re.MULTILINE):
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"{self.process.args[0]} did not print {pattern!r}:\n{self.text()[-2000:]}")

    def seconds(self):
        """Processor time so far, in seconds, children that ended included."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return sum(int(field) for field in fields[11:15]) / TICKS

    def peak_mb(self):
        """The most memory that it held, in MB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) / 1000

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.output.close()


@contextlib.contextmanager
def running(command, folder, **more):
    program = Program(command, folder, **more)
    try:
        yield program
    finally:
        program.stop()


def command_seconds(command, **more):
    """Processor time, in seconds, and the most memory, in MB, of a command that must succeed."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, **more)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            raise RuntimeError(f"{command} ended with {process.returncode}:\n{output.read()[-2000:].decode(errors='replace')}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


class Client:
    """One connection that is kept, and reads bodies without copies."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=ANSWER_TIMEOUT_S)
        self.base = parts.path.rstrip("/")
        self.buffer = bytearray(1 << 20)

    def request(self, method, path, body=None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        text = json.dumps(body) if body is not None and not isinstance(body, (str, bytes)) else body
        self.connection.request(method, self.base + path, text, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return json.loads(content) if content else None

    def timed_get(self, path):
        """Seconds until the whole body was there, and its size in bytes."""
        begun = time.perf_counter()
        self.connection.request("GET", self.base + path)
        answer = self.connection.getresponse()
        size = 0
        while read := answer.readinto(self.buffer):
            size += read
        if answer.status != 200:
            raise RuntimeError(f"GET {path}: {answer.status}")
        return time.perf_counter() - begun, size


def turns(count, *measured):
    """Lets the functions take turns, and returns a list of figures for each of them."""
    figures = [[] for _ in measured]
    for _ in range(count):
        for at, function in enumerate(measured):
            figures[at].append(function())
    return figures


def median(figures):
    return statistics.median(figures)


def percentile(figures, share):
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def own_limit_of_files():
    """Lets this process and its children open as many files as the machine allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def free_port():
    """A port of loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_it_listens(url, seconds=30):
    parts = urllib.parse.urlsplit(url)
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((parts.hostname, parts.port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
