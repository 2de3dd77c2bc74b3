"""Two runs at once on one lake: one is refused in a line, the other does not notice, and a dead one keeps nothing."""

import json
import random
import re

import helpers
import trials

REFUSED = re.compile(
    r"sleigh: process \d+ runs the streams of the lake .*: stop it first, or choose another with --lake\n"
)


def trial(folder, seed):
    """Two that start at the same moment, a third in a stage of the first, which then dies or not, and one after it."""
    draw = random.Random(seed)
    night = {"minutes": draw.randint(4, 12), "rate": 60, "seed": draw.randint(0, 2**31), "every": 120}
    words, stage = helpers.arguments(night, folder), draw.choice(["landing", "bronze", "silver", "gold"])
    first = at_once(words)
    trials.read_until(first.stderr, stage)
    live = ["live", "--lake", str(folder), "--no-dashboard", "--rate", "60", "--seed", str(night["seed"])]
    third = helpers.command(*draw.choice([words, live]))
    *_, told = third.stderr.splitlines(keepends=True)  # live says what it begins, too
    assert third.returncode == 2 and REFUSED.fullmatch(told), third.stdout + third.stderr
    dies = draw.random() < 0.5
    if dies:
        trials.kill_group(first)
    rest, code = first.stderr.read(), first.wait()
    assert dies or code == 0, rest
    last = helpers.command(*words, "--json")
    assert last.returncode == 0, last.stdout + last.stderr
    said = json.loads(last.stdout.splitlines()[-1])
    assert said["balanced"] and said["generated"] == said["bronze"], said
    return {"messages": said["generated"], "kills": {stage: 1} if dies and code else {}}


def at_once(words):
    """Start the same run twice in the same moment. Returns the one that goes on, the other has been refused."""
    both = [trials.begin(words) for _ in range(2)]
    for one, other in (both, both[::-1]):
        line = one.stderr.readline()
        if line.startswith("sleigh: "):
            assert one.wait() == 2 and REFUSED.fullmatch(line + one.stderr.read()), line
            assert other.poll() is None, other.stderr.read()
            return other
    for one in both:
        trials.kill_group(one)
    raise AssertionError("two runs work on one lake")
