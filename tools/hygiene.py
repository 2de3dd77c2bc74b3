"""What holds for every committed notebook: its outputs are there, the same on every run, and name no machine."""

import json
import re

LONGEST_CELL = 20  # lines of code; blank and comment lines do not count
LARGEST_FILE = 300_000  # bytes
NIGHT = ("2026-12-23", "2026-12-27")  # dates of event time; any other date of these years is a wall clock's
NIGHT_MS = (1_797_984_000_000, 1_798_416_000_000)  # the same in epoch milliseconds

MACHINE = {
    "a path of one machine": r"file:/|(?<![\w.…/:-])/(?:home|root|work|tmp|Users|private|var/folders|opt|mnt)/",
    "a memory address": r"\b0x[0-9a-f]{6,}\b",
    "a UUID": r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
}
NEVER_COMPARED = ("nbval-skip", "nbval-raises-exception", "raises-exception")


def sources(notebook, kind):
    """The texts of all cells of one kind, 'code' or 'markdown'."""
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def code_lines(source):
    """The lines of a cell that are neither blank nor a comment."""
    return [line for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]


def hygiene(notebook, path):
    """All problems of this module as a list of lines."""
    found = _size(path) + _metadata(notebook) + _ids(path) + _counts(notebook)
    compared = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        where = f"cell [{cell.execution_count}]"
        found += [f"{where} {problem}" for problem in _code(cell) + _outputs(cell)]
        ignored = "nbval-ignore-output" in cell.metadata.get("tags", []) or "NBVAL_IGNORE_OUTPUT" in cell.source
        compared += bool(cell.outputs) and not ignored
    if not compared:
        found.append("no cell has an output that is compared")
    return found


def _size(path):
    size = path.stat().st_size
    return [f"{size:,} bytes, at most {LARGEST_FILE:,}"] if size > LARGEST_FILE else []


def _metadata(notebook):
    found = []
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        found.append("the kernel must be called python3")
    for key in ("papermill", "widgets"):
        if key in notebook.metadata:
            found.append(f"metadata of {key}: run `make notebooks`")
    if any({"papermill", "execution"} & set(cell.metadata) for cell in notebook.cells):
        found.append("cells with timings in their metadata: run `make notebooks`")
    return found


def _ids(path):
    raw = json.loads(path.read_text(encoding="utf-8"))  # nbformat would mend them while reading
    ids = [cell.get("id") for cell in raw["cells"]]
    if raw["nbformat_minor"] < 5 or None in ids:
        return ["cells without ids: run `make notebooks`"]
    return [f"cell id used twice: {name}" for name in sorted({name for name in ids if ids.count(name) > 1})]


def _counts(notebook):
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    if counts == list(range(1, len(counts) + 1)):
        return []
    return [f"not executed from top to bottom, or cleared: the cells are numbered {counts}; run `make notebooks`"]


def _code(cell):
    lines = code_lines(cell.source)
    found = [f"has {len(lines)} lines of code, at most {LONGEST_CELL}"] if len(lines) > LONGEST_CELL else []
    marks = {tag.lower() for tag in cell.metadata.get("tags", [])}
    marks |= {mark.lower().replace("_", "-") for mark in re.findall(r"NBVAL_\w+", cell.source)}
    found += [f"is marked {mark}, which hides changes from nbval" for mark in NEVER_COMPARED if mark in marks]
    return found + [f"names {what} in its code" for what, pattern in MACHINE.items() if re.search(pattern, cell.source)]


def _outputs(cell):
    found = []
    for output in cell.outputs:
        if output.output_type == "error":
            found.append(f"ends in {output.ename}: show errors with expect_error")
            continue
        if output.get("name") == "stderr":
            found.append(f"writes to stderr: {output.text.strip()[:80]!r}")
        text = _text(output)
        found += [f"shows {what}: {hit[0]!r}" for what, rule in MACHINE.items() if (hit := re.search(rule, text))]
        found += [f"shows a wall-clock time: {hit}" for hit in _wall_clock(text)]
        if '"bdata"' in text:
            found.append("holds a figure with base64 arrays: use show_figure()")
    return found


def _text(output):
    """All text of an output; pictures are left out."""
    parts = [output.get("text", "")]
    for mime, value in output.get("data", {}).items():
        if not mime.startswith("image/"):
            parts.append(value if isinstance(value, str) else json.dumps(value))
    return "\n".join(parts)


def _wall_clock(text):
    text = re.sub(r"(?m)^≈ .*$", "", text)  # what varies by nature says so
    dates = re.findall(r"(?<!\d)20(?:2[4-9]|3\d)-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)", text)
    stamps = re.findall(r"(?<![\d.])1[7-9]\d{11}(?![\d.])", text)
    found = [date for date in dates if not NIGHT[0] <= date <= NIGHT[1]]
    found += [stamp for stamp in stamps if not NIGHT_MS[0] <= int(stamp) <= NIGHT_MS[1]]
    return sorted(set(found))[:3]
