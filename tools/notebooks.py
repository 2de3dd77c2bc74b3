"""Execute the course's notebooks.

    python tools/notebooks.py execute --into build/notebooks notebooks/0*.ipynb   a run; the tree stays as it is
    python tools/notebooks.py refresh notebooks/0*.ipynb                          in place, commit-ready

One line a notebook with its seconds; several share a warm JVM (warm.py), one alone has its own, as in JupyterLab. A notebook
that fails ends the run with one line that names notebook, cell and error, and exit code 1.
"""

import argparse
import base64
import contextlib
import logging
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path
from subprocess import DEVNULL

import course
import nbformat
import papermill
import warm
from jupyter_client import AsyncKernelManager
from traitlets.config import Config

ENCRYPTED = Config({"KernelManager": {"transport_encryption": "auto"}})  # the kernel warns of plain TCP
KEPT_CELL_METADATA = ("tags", "editable", "deletable", "jupyter")


class Failed(Exception):
    """A notebook did not run to its end. The text is one line."""


class QuietKernelManager(AsyncKernelManager):
    """Starts kernels whose own words go to no terminal; what their cells print comes as a message and is not touched.

    A kernel is interrupted before it is asked to end. One that has just answered may still be busy with that, and logs
    "KeyboardInterrupt caught in kernel." The JVM it started writes there, too.
    """

    async def start_kernel(self, **arguments):
        environment = (arguments.pop("env", None) or os.environ) | {"SLEIGH_PROGRESS": "off"}  # a run solves nothing
        await super().start_kernel(stdout=DEVNULL, stderr=DEVNULL, env=environment, **arguments)


logging.getLogger("papermill").addHandler(logging.NullHandler())  # what it logs of a dead kernel is in Failed


def execute(source, target, folder=None):
    """Run notebook `source`, in its own folder or in `folder`, and write the outcome to `target`. Raises Failed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # papermill's, about ids that it adds itself
            papermill.execute_notebook(
                str(source),
                str(target),
                cwd=str(folder or Path(source).parent),
                kernel_name="python3",
                progress_bar=False,
                store_widget_state=False,  # 5 MB of JavaScript otherwise
                config=ENCRYPTED,
                kernel_manager_class=QuietKernelManager,
            )
    except papermill.PapermillExecutionError as error:
        first = next(iter(error.evalue.strip().splitlines()), "")
        raise Failed(f"{source}, cell [{error.exec_count}]: {error.ename}: {first}") from None
    except Exception as error:  # the kernel died, the file is no notebook
        first = next(iter(str(error).strip().splitlines()), "")
        raise Failed(f"{source}: {type(error).__name__}: {first}") from None


def refresh(path):
    """Run notebook `path` and replace it by the normalised outcome. On failure the file stays as it was."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = Path(folder) / Path(path).name
        execute(path, outcome)
        notebook = nbformat.read(outcome, as_version=4)
    write(normalise(notebook), path)


def normalise(notebook):
    """Drop what changes without a reason: timings, papermill's notes, widget state, Python's version. Ids stay.

    Pictures stay as they are to the eye, in half the bytes.
    """
    used = {cell.id for cell in notebook.cells if not _random(cell.get("id", ""))}
    for place, cell in enumerate(notebook.cells, 1):
        if _random(cell.get("id", "")):
            cell["id"] = next(name for name in _names(place) if name not in used)
            used.add(cell["id"])
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in KEPT_CELL_METADATA and value}
        if cell.cell_type == "code":
            cell.outputs = _outputs(cell.outputs)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _random(cell_id):
    """Whether an id is missing or one of nbformat's and JupyterLab's: eight hex digits, or a UUID."""
    plain = cell_id.replace("-", "")
    return not cell_id or (len(plain) in (8, 32) and all(digit in "0123456789abcdef" for digit in plain))


def _names(place):
    yield f"cell-{place:02d}"
    for letter in "abcdefghijklmnopqrstuvwxyz":
        yield f"cell-{place:02d}{letter}"


def _outputs(outputs):
    """Text printed in a row is one output, however it was cut on its way from the kernel; no metadata."""
    kept = []
    for output in outputs:
        last = kept[-1] if kept else {}
        if output.output_type == last.get("output_type") == "stream" and output.name == last.name:
            last.text += output.text
            continue
        if "metadata" in output:
            output.metadata = {}
        if picture := output.get("data", {}).get("image/png"):
            output.data["image/png"] = base64.b64encode(_smaller(base64.b64decode(picture))).decode()
        kept.append(output)
    return kept


def _smaller(picture):
    """A PNG in about half the bytes, pixel for pixel the same; as it is where there is no oxipng (Python 3.14 and later)."""
    try:
        import oxipng
    except ModuleNotFoundError:
        return picture
    return oxipng.optimize_from_memory(picture)


def text(notebook):
    """A notebook as one stable text: sorted keys, one space of indent, LF at the end."""
    return nbformat.writes(nbformat.from_dict(notebook), version=4).rstrip("\n") + "\n"


def write(notebook, path):
    """Write a notebook as that text."""
    Path(path).write_text(text(notebook), encoding="utf-8", newline="\n")


def _at_most(path):
    """How long notebook `path` takes, as its head tells of a JVM of its own; "" if it does not tell."""
    try:
        _, (minutes, *_) = course.minutes(nbformat.read(path, as_version=4))
    except (OSError, ValueError, AttributeError):  # no file, no notebook, no head
        return ""
    return f" (up to {minutes * 60:.0f} s)"


def main(argv=None):
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="notebooks.py", description="Execute the course's notebooks.")
    parser.add_argument("command", choices=["execute", "refresh"])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--into", type=Path, default=Path("build/notebooks"), help="folder for what `execute` makes")
    args = parser.parse_intermixed_args(argv)
    if not args.notebooks:
        print("notebooks.py: no notebook matches: nothing was run", file=sys.stderr)
        return 1
    os.environ.pop("PYTHONPATH", None)  # the first cell finds the library by itself; hide no mistake there
    try:
        with warm.jvm() if len(args.notebooks) > 1 else contextlib.nullcontext():
            for place, path in enumerate(args.notebooks, 1):
                print(f"[{place}/{len(args.notebooks)}] {path}{_at_most(path)} ...", end="", flush=True)
                start = time.monotonic()
                if args.command == "refresh":
                    refresh(path)
                else:
                    args.into.mkdir(parents=True, exist_ok=True)
                    execute(path, args.into / path.name)
                print(f" {time.monotonic() - start:.0f} s", flush=True)
    except Failed as failure:
        print(f"\nfailed: {failure}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
