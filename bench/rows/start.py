"""Row 5: from starting the fake until its first answer, and its end."""

import os
import time

from fake import Fake
from lines import absolute
from measure import Program

TURNS = 20


def lines(bench):
    walls, memory = [], []
    for _ in range(bench.of(TURNS, 5)):
        begun = time.perf_counter()
        command = [os.path.join(bench.programs, "fake-marathon"), "--admin", "127.0.0.1:0"]
        program = Program(command, bench.folder)
        try:
            fake = Fake(program)
            fake.client.request("GET", "/v2/apps")
            walls.append(time.perf_counter() - begun)
            memory.append(program.peak_mb())
        finally:
            program.stop()
    # The output is looked at every 20 ms: the bounds allow for one look.
    yield absolute("5", "start until the first answer (looked for every 20 ms)", walls, "ms", 60, 30, scale=1e3)
    yield absolute("5", "memory then", memory, "MB", 16, 12)
