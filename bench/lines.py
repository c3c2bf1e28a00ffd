"""A line of the result: a figure of ours, its peer's of the same run, their ratio, and what is asked for."""

import dataclasses

from measure import median


@dataclasses.dataclass
class Line:
    row: str
    what: str
    ours: str
    peer: str = "–"
    ratio: str = "–"
    floor: str = "–"
    goal: str = "–"
    # Whether it reached the goal, only the floor, or not even that; empty where nothing is asked for.
    reached: str = ""


def figure(values, unit, scale=1.0):
    """The median of all turns with their spread."""
    scaled = [value * scale for value in values]
    text = f"{median(scaled):.3g} {unit}"
    return text if len(scaled) == 1 else f"{text} ({min(scaled):.3g}–{max(scaled):.3g})"


def reached(value, floor, goal, less=False):
    """Whether a value reaches a goal or at least the floor. With `less`, smaller is better."""
    enough = (lambda bound: value <= bound) if less else (lambda bound: value >= bound)
    if enough(goal):
        return "goal"
    return "floor" if enough(floor) else "**no**"


def compared(row, what, ours, peer_name, peer, unit, floor, goal, scale=1.0):
    """How many times the peer's figure is ours, turn by turn."""
    ratios = [theirs / mine for mine, theirs in zip(ours, peer, strict=True)]
    return Line(
        row,
        what,
        figure(ours, unit, scale),
        f"{peer_name}: {figure(peer, unit, scale)}",
        figure(ratios, "×"),
        f"{floor:g} ×",
        f"{goal:g} ×",
        reached(median(ratios), floor, goal),
    )


def absolute(row, what, ours, unit, floor, goal, scale=1.0, less=True):
    """A figure with bounds of its own: as for rows without a peer."""
    return Line(
        row,
        what,
        figure(ours, unit, scale),
        floor=f"{floor:g} {unit}",
        goal=f"{goal:g} {unit}",
        reached=reached(median(ours) * scale, floor, goal, less),
    )


def missing(row, what, ours, unit, reason, scale=1.0):
    """A figure whose peer cannot be had here."""
    return Line(row, what, figure(ours, unit, scale), f"missing: {reason}")


HEAD = ("row", "what", "ours", "peer", "peer / ours", "floor", "goal", "reached")


def table(lines):
    cells = [HEAD, ("---",) * len(HEAD), *(dataclasses.astuple(line) for line in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells) + "\n"
