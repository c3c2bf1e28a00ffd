#!/usr/bin/env python3
"""What hc-rig and its fake cost, row by row beside their peers, in one run; the table goes into docs/benchmarks.md.

usage: bench/run.py [--rows 3,4] [--quick] [--write]

PROGRAMS=DIR names the folder of the release programs; without it they are built. Peers that cannot be had here are named as
missing. Figures are medians with their spread, and count only as ratios within one run.

--quick takes a minute: fewer turns and smaller sizes, no peers, and not the rows that need real time (1, 2, 7). Its figures mean
something only beside those of another program that were taken in turns with these.
"""

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
DOCUMENT = os.path.join(ROOT, "docs", "benchmarks.md")
BEGIN, END = "<!-- made by make bench -->\n", "<!-- end -->\n"
sys.path.insert(0, HERE)

import peers  # noqa: E402
from lines import table  # noqa: E402
from measure import own_limit_of_files  # noqa: E402

# The module of each row, shortest first.
ROWS = {
    "5": "start",
    "8": "events",
    "9": "report",
    "7": "sample",
    "3": "reads",
    "1": "checks",
    "4": "launch",
    "2": "held",
    "6": "hour",
}
# Of these a minute shows something.
QUICK = ("5", "8", "9", "3", "4", "6")


class Bench:
    """What all rows share: the programs, a folder for this run, and one for what is fetched once."""

    def __init__(self, programs, cache, folder, quick):
        self.programs, self.cache, self.folder, self.quick = programs, cache, folder, quick

    def of(self, whole, quick):
        """How much of something is measured."""
        return quick if self.quick else whole


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", help="only these, such as 3,4 (11 is measured with 4 and 6)")
    parser.add_argument("--quick", action="store_true", help="a minute of it, without peers")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    asked = parser.parse_args()
    rows = asked.rows.split(",") if asked.rows else list(QUICK if asked.quick else ROWS)
    if unknown := [row for row in rows if row not in ROWS]:
        parser.error(f"no row {', '.join(unknown)}; there are {', '.join(sorted(ROWS, key=int))}")
    if asked.write and (asked.rows or asked.quick):
        parser.error("--write needs all of one run; leave out --rows and --quick")
    if asked.quick:
        peers.leave_out()
    own_limit_of_files()
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    programs = os.environ.get("PROGRAMS")
    if not programs:
        build = ["cargo", "build", "--release", "--quiet", "--package", "hc-rig", "--package", "fake-marathon", "--bins"]
        subprocess.run(build, cwd=ROOT, check=True)
        programs = os.path.join(target, "release")
    cache = os.path.join(target, "bench")
    os.makedirs(cache, exist_ok=True)
    begun = time.monotonic()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for row in rows:
            since = time.monotonic()
            module = importlib.import_module(f"rows.{ROWS[row]}")
            for line in module.lines(Bench(os.path.abspath(programs), cache, folder, asked.quick)):
                found.append(line)
                print(table([line]).splitlines()[-1], flush=True)
            print(f"row {row}: {time.monotonic() - since:.0f} s", file=sys.stderr, flush=True)
    found.sort(key=lambda line: int(line.row))
    if asked.write:
        write(table(found), time.monotonic() - begun)
    short = [line for line in found if "no" in line.reached]
    print(f"{len(found)} figures in {time.monotonic() - begun:.0f} s, {len(short)} below their floor")


def write(rows, seconds):
    with open(DOCUMENT, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGIN)
    _, _, after = rest.partition(END)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    with open("/proc/loadavg", encoding="ascii") as file:
        load = file.read().split()[0]
    about = (
        f"{time.strftime('%Y-%m-%d')}, commit {commit}, {os.cpu_count()} cores, load {load} at the end, "
        f"{seconds / 60:.0f} minutes. Median of several turns, with the smallest and the largest.\n\n"
    )
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + "\n" + about + rows + "\n" + END + after)


if __name__ == "__main__":
    main()
