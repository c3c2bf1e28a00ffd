"""Row 8: one POST of many instances, seen by a hundred readers of the event stream."""

import contextlib
import selectors
import socket
import threading
import time
import urllib.parse

from fake import fake
from lines import absolute, compared, missing
from measure import running
from peers import Missing, go_program

READERS = 100
INSTANCES = 1_500
TURNS = 3


def lines(bench):
    lost, costs, peer = [], [], []
    reason = None
    sent = None
    for _ in range(bench.of(TURNS, 1)):
        cost, missed, sent = ours(bench)
        costs.append(cost)
        lost.append(missed)
        try:
            peer.append(theirs(bench, *sent))
        except Missing as why:
            reason = why
    yield absolute("8", f"events lost by {READERS} readers that keep up, one POST of {INSTANCES:,}", lost, "events", 0, 0)
    what = f"processor time a delivery, {READERS} readers"
    if reason is None:
        yield compared("8", what, costs, "Go eventsource", peer, "µs", 1, 4, scale=1e6)
    else:
        yield missing("8", what, costs, "µs", reason, scale=1e6)


def ours(bench):
    """Processor time of a delivery beyond the launch itself, events lost, and what was sent: events and bytes of each."""
    alone, _, _ = launch(bench, 0)
    used, state, size = launch(bench, READERS)
    events = state["figures"]["events"]
    return (used - alone) / (events * READERS), state["figures"]["missedEvents"], (events, size // events)


def launch(bench, readers):
    with fake(bench, "--clock", "manual", "--agents", "100") as server, Readers(server.url + "/v2/events", readers) as all_:
        while server.state()["figures"]["subscribers"] < readers:
            time.sleep(0.05)
        used = server.program.seconds()
        server.create(INSTANCES)
        server.advance(60)
        all_.wait_until_quiet()
        return server.program.seconds() - used, server.state(), all_.received // max(readers, 1)


def theirs(bench, events, size):
    """The same number of events, each of the same size, sent by the peer to as many readers."""
    program = go_program(bench, "eventstream")
    with running([program, str(events), str(size), str(READERS)], bench.folder) as server:
        url = "http://" + server.wait_for(r"^listening on (\S+)").group(1)
        idle = server.seconds()
        with Readers(url, READERS) as readers:
            server.wait_for(r"^sent", 120)
            readers.wait_until_quiet()
            if readers.received < READERS * events * size:
                raise RuntimeError(f"the peer's readers received {readers.received} bytes only")
            return (server.seconds() - idle) / (events * READERS)


class Readers:
    """Sockets that one thread reads and forgets: all of them keep up."""

    def __init__(self, url, count):
        self.url, self.count = urllib.parse.urlsplit(url), count
        self.received, self.at = 0, time.monotonic()
        self.ends = False

    def __enter__(self):
        self.selector = selectors.DefaultSelector()
        self.sockets = contextlib.ExitStack()
        for _ in range(self.count):
            reader = self.sockets.enter_context(socket.create_connection((self.url.hostname, self.url.port)))
            path = self.url.path or "/"
            reader.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.url.netloc}\r\nAccept: text/event-stream\r\n\r\n".encode())
            self.selector.register(reader, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.read)
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.ends = True
        self.thread.join()
        self.sockets.close()
        self.selector.close()

    def read(self):
        buffer = bytearray(1 << 18)
        while not self.ends:
            if not self.count:
                time.sleep(0.05)
                continue
            for key, _ in self.selector.select(0.05):
                read = key.fileobj.recv_into(buffer)
                self.received += read
                self.at = time.monotonic()
                if not read:
                    self.selector.unregister(key.fileobj)

    def wait_until_quiet(self, seconds=1.0):
        while self.count and time.monotonic() - self.at < seconds:
            time.sleep(0.05)
