"""A lesson on its own, as a reader runs it: a JVM of its own, and whatever working directory the kernel has."""

import nbformat
from sleigh.paths import ROOT

import notebooks


def test_a_lesson_runs_with_a_jvm_of_its_own_from_another_folder(tmp_path, monkeypatch):
    for name in ("SLEIGH_GATEWAY_PORT", "SLEIGH_JAVA_OPTIONS"):  # those of the checks
        monkeypatch.delenv(name, raising=False)
    lesson = ROOT / "notebooks/01_generator.ipynb"
    notebooks.execute(lesson, tmp_path / lesson.name, folder=ROOT)
    ran, committed = (nbformat.read(path, as_version=4) for path in (tmp_path / lesson.name, lesson))

    def printed(notebook):
        return [output.text for cell in notebook.cells for output in cell.get("outputs", []) if "text" in output]

    assert "".join(printed(notebooks.normalise(ran))) == "".join(printed(committed))
