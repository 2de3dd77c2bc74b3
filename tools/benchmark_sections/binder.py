"""Lessons where Binder runs them: one processor and 2 GB."""

from . import Section, table

PLACES = {"local": "as on a laptop", "binder": "as on Binder"}


def binder(results):
    """Of bench/binder.py: for each row of lessons and each place what was measured."""
    cpus, gb = results["cpus"], results["memory_mb"] / 1024
    rows, most, failed = [], 0, []
    for row, places in results["rows"].items():
        for place, found in places.items():
            rows.append([f"{_lessons(row)}, {PLACES[place]}", *_shown(found)])
            if place == "binder":
                most = max(most, found["peak_mb"])
                failed += [_lessons(row)] * _failed(found)
    fits = f"FAILED: {', '.join(failed)}" if failed else f"all run, with {most:,} MB at most"
    return Section(
        "Lessons on Binder",
        f"in {gb:.0f} GB and on {cpus} processor, JupyterLab beside them: {fits}",
        f"""In a control group of Linux with {cpus} processor and {gb:.0f} GB, no swap: JupyterLab, the lessons' kernels
and their JVMs. The last rows have two lessons open: the first has run and keeps its kernel. Peak: all that the group held,
with files that the system keeps in memory; its own: without those; the programs: resident memory when that was most. Load:
the machine's load average, for other things ran on it.

{table(["", "seconds", "to the first figure", "peak, MB", "its own, MB", "the programs, MB", "load"], rows)}""",
    )


def _lessons(row):
    *before, last = row.split("+")
    return f"Lesson {last}" + "".join(f" beside lesson {number}" for number in before)


def _failed(found):
    return "failure" in found or found["killed"] > 0


def _shown(found):
    parts = ", ".join(f"{name} {mb:,}" for name, mb in sorted(found["parts_mb"].items()))
    numbers = [found["peak_mb"], found["own_mb"]]
    if _failed(found):
        seconds = [f"FAILED, {found['killed']} killed", ""]
    else:
        seconds = [f"{found['seconds']:.0f}", f"{found['first_figure_s']:.0f}"]
    return [*seconds, *(f"{mb:,}" for mb in numbers), parts, found["load"]]
