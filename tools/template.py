"""Check committed notebooks without running them: hygiene for all, the template for lessons, answers for solutions.

    python tools/template.py notebooks/*.ipynb solutions/*.ipynb      prints what is wrong, exit code 1 if anything is

What needs a run (do the outputs still come out as committed?) is nbval's part; see `make test`.
"""

import re
import sys
from pathlib import Path

import minutes
import nbformat
from hygiene import hygiene, sources
from navigation import END, FIND_LIBRARY, TOP
from navigation import problems as navigation

PLOTLY = "application/vnd.plotly.v1+json"

EXAMS = {"22": 20}
"""Lessons that are exams, and how many questions each asks. An exam teaches nothing: it has no "Try it" and nothing that
breaks on purpose, and it gives no hints. The rest of the template holds for it, too."""


def problems(path):
    """What is wrong with the notebook at `path`, as a list of lines; empty if nothing is."""
    path = Path(path)
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        return [f"cannot be read as a notebook: {error}"]
    solved = path.resolve().parent.name == "solutions"
    found = hygiene(notebook, path) + first_cell(notebook) + links(notebook, path)
    found += navigation(notebook, path)
    found += own_lake(notebook, path.name[:2] + ("_solutions" if solved else ""))
    found += (solution if solved else lesson)(notebook, path)
    return [f"{path.name}: {problem}" for problem in found]


def first_cell(notebook):
    """The one standard cell comes first, so that every notebook finds the library wherever its kernel was started."""
    code = sources(notebook, "code")
    if not code or not code[0].startswith(FIND_LIBRARY) or "\nfrom sleigh" not in code[0]:
        return [f"the first code cell must start with {FIND_LIBRARY.splitlines()[-1]!r} and then import from sleigh"]
    return []


def own_lake(notebook, wanted):
    """A lesson and its solution, open side by side, must not delete each other's lake."""
    lakes = re.findall(r"\bprepare\(\s*[\"']([^\"']+)[\"']", "\n".join(sources(notebook, "code")))
    return [f"it must prepare a lake of its own, {wanted!r}, not {lake!r}" for lake in lakes if lake != wanted]


def links(notebook, path):
    """Every relative link must lead to a file of the repository."""
    targets = re.findall(r"\]\(([^)\s]+)\)", "\n".join(sources(notebook, "markdown")))
    local = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    return [f"dead link: {target}" for target in local if not (path.parent / target).exists()]


def lesson(notebook, path):
    """What LESSONS.md's template asks of a lesson, as far as a program can see it."""
    number = path.name[:2]
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "markdown" and cell.id not in (TOP, END)]
    text = "\n\n".join(cells)
    found = []

    def require(condition, message):
        if not condition:
            found.append(message)

    require(re.match(rf"# {number}\b\D*\w", text), f"the first line must be the title: '# {number} · ...'")
    table = " ".join(line.lower() for line in (cells[0] if cells else "").splitlines() if line.startswith("|"))
    for word in ("needs", "minutes to read", "minutes to run"):
        require(word in table, f"the table under the title lacks '{word}'")
    goals, recap = items_after(text, "In this lesson you will"), items_after(text, "Recap")
    require(3 <= goals <= 5, f"'In this lesson you will' must list 3 to 5 items, it lists {goals}")
    require(goals == recap, f"'Recap' must answer each of the {goals} items, it has {recap}")
    predictions = len(re.findall(r"\*\*Predict\b", text))
    require(predictions >= 2, f"at least two '**Predict' prompts, there are {predictions}")
    exam = number in EXAMS
    require(exam or "It breaks like this" in text, "the section 'It breaks like this' is missing")
    for title in (*["Try it"] * (not exam), "ledger", "On Databricks"):
        require(re.search(rf"(?mi)^#+ .*{title}", text), f"a heading with '{title}' is missing")
    lesson_alone = text.split(f"\n{minutes.OPTIONAL}")[0]
    require(
        "On Databricks" in lesson_alone, f"what is optional, {minutes.OPTIONAL!r}, comes after all that a lesson has"
    )
    require(any(PLOTLY in data for data in outputs_data(notebook)), "no picture: show_figure() was never called")
    asked = exercises(notebook)
    if exam:
        require(len(asked) == EXAMS[number], f"the exam must ask {EXAMS[number]} questions, it asks {len(asked)}")
        require(not _hints(notebook), "an exam gives no hints: hint() is called")
    else:
        require(1 <= len(asked) <= 3, f"'Try it' must check 1 to 3 exercises, it checks {len(asked)}")
    require(all(key.startswith(f"{number}.") for key in asked), f"exercises of another lesson: {', '.join(asked)}")
    return found + minutes.problems(notebook)


def solution(notebook, path):
    """A solution answers each exercise of its lesson, and every check says that it is right."""
    asked = path.resolve().parent.parent / "notebooks" / path.name
    if not asked.exists():
        return [f"there is no lesson notebooks/{path.name} to this solution"]
    answered = exercises(notebook)
    found = [
        f"exercise {key} of the lesson is not checked here"
        for key in exercises(nbformat.read(asked, as_version=4))
        if key not in answered
    ]
    for cell in notebook.cells:
        keys = checked(cell.source) if cell.cell_type == "code" else []
        printed = "".join(output.get("text", "") for output in cell.get("outputs", []))
        found += [f"the check of {key} does not say right" for key in keys if f"{key} · right: " not in printed]
    return found


def exercises(notebook):
    """Numbers of the exercises that code cells check, in order, each once."""
    return list(dict.fromkeys(key for source in sources(notebook, "code") for key in checked(source)))


def checked(source):
    return re.findall(r"^[^#\n]*\bcheck\(\s*[\"']([^\"']+)[\"']", source, flags=re.MULTILINE)


def _hints(notebook):
    return any(re.search(r"\bhint\(", source) for source in sources(notebook, "code"))


def items_after(text, phrase):
    """How many items the first list after the last line with `phrase` has."""
    lines = text.splitlines()
    starts = [place for place, line in enumerate(lines) if phrase in line]
    count = 0
    for line in lines[starts[-1] + 1 :] if starts else []:
        if re.match(r"([-*]|\d+[.)]) ", line):
            count += 1
        elif (line.strip() and not line.startswith((" ", "\t")) and count) or line.startswith("#"):
            break
    return count


def outputs_data(notebook):
    """The mime bundles of all outputs."""
    return [output.data for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]


def main(paths):
    """Print the problems of each notebook. Returns the exit code."""
    found = [line for path in paths for line in problems(path)]
    print("\n".join(found) if found else f"{len(paths)} notebooks: no problems")
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
