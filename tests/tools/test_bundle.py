"""The bundle: Databricks' own classes take what it says, and the files and names that it speaks of are there.

No workspace here. The classes are those of databricks-bundles, with which a bundle can be written in Python: they know every
field of every resource, and refuse others. What only a workspace can say is listed in databricks/README.md.
"""

import copy
import json
import re
import shlex

import pytest
import yaml
from databricks.bundles.dashboards import Dashboard
from databricks.bundles.jobs import Job
from databricks.bundles.pipelines import Pipeline
from sleigh.paths import ROOT
from sleigh.pipeline.declared import definitions
from sleigh.runtime.backends import databricks
from sleigh.tables import LANDING

CLASSES = {"jobs": Job, "pipelines": Pipeline, "dashboards": Dashboard}
PATHS = {"notebook_path", "root_path", "include", "file_path"}
"""Fields that hold a path, relative to the file in which they stand."""

BUNDLE = yaml.safe_load((ROOT / "databricks.yml").read_text())
INCLUDED = sorted(path for pattern in BUNDLE["include"] for path in ROOT.glob(pattern))
RESOURCES = {
    (kind, name): (path, resource)
    for path in INCLUDED
    for kind, named in yaml.safe_load(path.read_text())["resources"].items()
    for name, resource in named.items()
}
JOB, PIPELINE, DASHBOARD = (
    RESOURCES[each][1]
    for each in (("jobs", "santas_lessons"), ("pipelines", "santas_night"), ("dashboards", "santas_dashboard"))
)
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))[:12]
"""Those that need no machine of their own: 12 starts a Connect server, 13 reads the folders of the tables."""


def fields(value):
    """(name, value) of every field below `value`."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    for name, inner in value.items():
        if isinstance(inner, dict | list):
            yield from fields(inner)
        else:
            yield name, inner


def references(*values):
    """What stands between ${ and }, anywhere in the values."""
    return set(re.findall(r"\$\{([^}]+)\}", json.dumps(values)))


# The official classes


def test_the_files_hold_nothing_but_what_is_tested_here():
    assert set(BUNDLE) == {"bundle", "include", "variables", "targets"}
    assert [set(yaml.safe_load(path.read_text())) for path in INCLUDED] == [{"resources"}] * 3
    assert len(RESOURCES) == 3


@pytest.mark.parametrize(("kind", "name"), RESOURCES)
def test_the_official_class_takes_the_resource(kind, name):
    _, resource = RESOURCES[kind, name]
    made = CLASSES[kind].from_dict(copy.deepcopy(resource))
    assert made.as_dict() == resource, "nothing of it is lost or taken for something else"


@pytest.mark.parametrize(
    ("kind", "path", "wrong", "right"),
    [
        ("jobs", (), "max_concurrent_run", "max_concurrent_runs"),
        ("jobs", ("tasks", 0), "notebooks_task", "notebook_task"),
        ("jobs", ("tasks", 0, "notebook_task"), "path", "notebook_path"),
        ("jobs", ("environments", 0, "spec"), "dependency", "dependencies"),
        ("pipelines", ("libraries", 0, "glob"), "includes", "include"),
        ("dashboards", (), "dataset_schemas", "dataset_schema"),
    ],
)
def test_a_misspelt_field_is_refused(kind, path, wrong, right):
    resource = copy.deepcopy(next(value for (each, _), (_, value) in RESOURCES.items() if each == kind))
    inner = resource
    for step in path:
        inner = inner[step]
    inner[wrong] = inner.pop(right)
    with pytest.raises(ValueError, match=f"Unexpected field '{wrong}'"):
        CLASSES[kind].from_dict(resource)


def test_a_word_that_is_none_is_refused():
    job = copy.deepcopy(JOB)
    job["tasks"][2]["run_if"] = "EVEN_IF_FAILED"
    with pytest.raises(ValueError, match="EVEN_IF_FAILED"):
        Job.from_dict(job)


# Paths and names


def test_every_path_leads_to_a_file_of_the_repository():
    found = []
    for file, resource in RESOURCES.values():
        for name, value in fields(resource):
            if name in PATHS:
                path = (file.parent / value).resolve()
                assert path.exists() and path.is_relative_to(ROOT), f"{file.name}: {value}"
                found.append(path)
    assert len(found) == len(set(found)) == len(LESSONS) + 5


def test_every_variable_is_declared_and_used():
    used = references(BUNDLE["variables"], [resource for _, resource in RESOURCES.values()])
    assert {each.removeprefix("var.") for each in used if each.startswith("var.")} == set(BUNDLE["variables"])
    others = {each for each in used if not each.startswith("var.")}
    assert others == {"workspace.current_user.short_name", "resources.pipelines.santas_night.id"}
    assert all(variable["description"] for variable in BUNDLE["variables"].values())


def test_a_user_has_a_schema_of_their_own():
    assert "current_user" in BUNDLE["variables"]["schema"]["default"]
    assert BUNDLE["targets"]["dev"]["mode"] == "development"


# The job


def needs(lesson):
    """The lessons that the table at the top of a notebook names under "needs"."""
    for cell in json.loads(lesson.read_text(encoding="utf-8"))["cells"]:
        if row := re.search(r"^\| needs .*\n\|[-|]+\n\|(.*?)\|", "".join(cell["source"]), re.MULTILINE):
            return re.findall(r"\((\d\d_\w+)\.ipynb\)", row[1])
    return []


def test_the_job_runs_the_lessons_in_the_order_of_their_needs():
    tasks = {task["task_key"]: task for task in JOB["tasks"]}
    assert list(tasks) == [*(f"lesson_{lesson.stem}" for lesson in LESSONS), "declared"]
    for lesson in LESSONS:
        task = tasks[f"lesson_{lesson.stem}"]
        assert task["notebook_task"]["notebook_path"] == f"../../notebooks/{lesson.name}"
        before = [each["task_key"] for each in task.get("depends_on", [])]
        assert before == [f"lesson_{each}" for each in needs(lesson)]
        assert ("run_if" in task) == bool(before), (
            "a lesson makes all that it reads, whether the others went through or not"
        )
    assert sum(map(len, map(needs, LESSONS))) > 10


def test_it_runs_when_it_is_told_to_on_serverless_compute_and_never_twice_at_once():
    names = {name for name, _ in fields(JOB)} | set(JOB)
    assert JOB["max_concurrent_runs"] == 1
    assert not names & {"schedule", "trigger", "continuous", "cron", "periodic", "quartz_cron_expression"}
    assert not re.search("cluster", json.dumps(JOB)) and PIPELINE["serverless"] is True
    assert {task.get("environment_key") for task in JOB["tasks"][:-1]} == {
        each["environment_key"] for each in JOB["environments"]
    }


def test_the_environment_holds_what_the_readme_installs():
    (line,) = [line for line in (ROOT / "README.md").read_text().splitlines() if "%pip install" in line]
    (environment,) = JOB["environments"]
    assert environment["spec"]["dependencies"] == shlex.split(line)[2:]


def test_the_parameters_are_the_widgets_that_the_library_reads():
    code = (ROOT / "lib/sleigh/runtime/backends/databricks.py").read_text()
    read = set(re.findall(r"""_widget\(spark, ["'](\w+)["']\)""", code))
    assert {each["name"]: each["default"] for each in JOB["parameters"]} == {name: f"${{var.{name}}}" for name in read}


# What reads what


def test_the_pipeline_declares_what_open_source_runs_and_reads_the_landing_table_of_lesson_00(monkeypatch):
    spec = yaml.safe_load((ROOT / "databricks/pipeline/spark-pipeline.yml").read_text())
    here = [f"../pipeline/{each['glob']['include']}" for each in spec["libraries"]]
    assert [each["glob"]["include"] for each in PIPELINE["libraries"]] == here
    monkeypatch.setattr(databricks, "_widget", lambda spark, name: {"schema": "mine"}[name])
    lake = databricks._schema(None, "build/lessons/00").replace("mine", "${var.schema}")
    assert PIPELINE["configuration"] == {definitions.LANDING_CONF: f"${{var.catalog}}.{lake}.{LANDING.name}"}


def test_the_pipeline_runs_after_lesson_00_and_from_the_start():
    task = JOB["tasks"][-1]
    assert task["depends_on"] == [{"task_key": f"lesson_{LESSONS[0].stem}"}]
    assert task["pipeline_task"] == {"pipeline_id": "${resources.pipelines.santas_night.id}", "full_refresh": True}


def test_the_dashboard_reads_where_the_pipeline_writes():
    assert (DASHBOARD["dataset_catalog"], DASHBOARD["dataset_schema"]) == (PIPELINE["catalog"], PIPELINE["schema"])
