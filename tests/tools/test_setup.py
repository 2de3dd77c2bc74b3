"""The scripts, wherever and in whatever shell they are called: copies, with stand-ins for Python and Java."""

import os
import shutil
import stat
import subprocess

import pytest
from sleigh.paths import ROOT

SCRIPTS = ("tools/setup.sh", ".ci/run")

PYTHON = """#!/bin/sh
echo "$PWD: $*${PIP_TARGET:+ PIP_TARGET}${UV_PROJECT:+ UV_PROJECT}${PYTHONPATH:+ PYTHONPATH}" >>"$LOG"
case $* in
--version) echo "Python 3.11.9" ;;
"-m venv --clear .venv") rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
"-m sleigh setup") mkdir -p .spark/jars ;;
esac
"""
JAVA = """#!/bin/sh
echo 'openjdk version "17.0.9" 2023-10-17' >&2
"""


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def project(tmp_path):
    """A copy of what the scripts need, in a folder with what a folder's name may have; beside it another project."""
    folder = tmp_path / "it's Santa's, 100 %"
    for name in (*SCRIPTS, "tools/safe.sh", "Makefile", "pyproject.toml", "uv.lock", "lib/sleigh/__main__.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    script(tmp_path / "bin/python3", PYTHON)
    script(tmp_path / "bin/java", JAVA)
    script(tmp_path / "bin/chromium", JAVA)
    for name in ("tools", ".ci", ".venv/bin"):
        (tmp_path / "other" / name).mkdir(parents=True)
    (tmp_path / "other/.venv/precious").write_text("")
    (tmp_path / "other/pyproject.toml").write_text('[project]\nname = "other"\n')
    return folder


def call(project, words, cwd=None, executable=None, **environment):
    """Run a script with the stand-ins first in PATH. Returns the finished process."""
    env = os.environ | {"PATH": f"{project.parent}/bin:{os.environ['PATH']}", "LOG": f"{project.parent}/log"}
    for name in ("PYTHON", "JAVA_HOME", "MAKEFLAGS", "MAKELEVEL"):
        env.pop(name, None)
    return subprocess.run(
        words, cwd=cwd or project, env=env | environment, executable=executable, capture_output=True, text=True
    )


def log(project):
    return (project.parent / "log").read_text()


EVIL = "() { command cd ../other; }"
SHELLS = {
    "CDPATH": {"CDPATH": "../other"},
    "functions": {
        f"BASH_FUNC_{name}%%": EVIL for name in ("cd", "unset", "exec", "set", "[", "grep", "pwd", "dirname")
    },
    "options": {"SHELLOPTS": "noclobber:noglob", "IFS": "/", "GREP_OPTIONS": "-v", "POSIXLY_CORRECT": "1"},
    "start-up files": {"BASH_ENV": "evil.sh", "ENV": "evil.sh"},
    "pip and uv": {"PIP_TARGET": "../other", "UV_PROJECT": "../other", "PYTHONPATH": "../other"},
}


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
@pytest.mark.parametrize("name", SHELLS)
def test_set_up_is_done_in_its_own_folder(project, name, shell):
    """As /bin/sh, which is bash on some machines: that takes functions and options from the environment."""
    if not shutil.which(shell):
        pytest.skip(f"no {shell}")
    if shell == "/bin/bash":
        (project.parent / "bin/sh").symlink_to(shell)
    (project / "evil.sh").write_text("cd ../other")
    settings = SHELLS[name]
    done = call(project, ["sh", "tools/setup.sh"], executable=shell, **settings)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert done.stdout.endswith("set-up: done; from now on nothing needs the network\n")
    calls = log(project).splitlines()
    assert any("-m venv --clear .venv" in each for each in calls) and any("-m sleigh setup" in each for each in calls)
    for each in calls:
        path = "PYTHONPATH" if "-m sleigh" in each else "NOTHING"  # set by us there
        assert each.startswith(f"{project}: ") and "PIP_" not in each and "UV_" not in each
        assert "PYTHONPATH" not in each.replace(path, ""), each
    assert (project.parent / "other/.venv/precious").exists()
    (project.parent / "log").unlink()
    assert call(project, ["sh", "tools/setup.sh"], executable=shell, **settings).stdout == ""  # done once
    assert not (project.parent / "log").exists()


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_goes_to_its_own_folder(project, name):
    """CDPATH leads to another project; and through a link there the script says so and does nothing."""
    script(project.parent / "bin/make", "#!/bin/sh\npwd\n")
    done = call(project, [name], CDPATH="../other")
    if name != "tools/setup.sh":
        assert done.stdout.splitlines()[-1] == str(project), done.stdout + done.stderr
    linked = project.parent / "other" / name
    linked.symlink_to(project / name)
    (project.parent / "other/tools/safe.sh").symlink_to(project / "tools/safe.sh")
    done = call(project, [str(linked)], cwd=project.parent)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "other is not the folder of Santa's Lakehouse" in done.stderr
    assert (project.parent / "other/.venv/precious").exists()


def test_every_script_begins_with_the_safe_part():
    """Any that is added, too."""
    scripts = [path for folder in ("tools", ".ci") for path in (ROOT / folder).iterdir() if path.is_file()]
    for path in scripts:
        text = path.read_text()
        if path.name != "safe.sh" and text.startswith("#!") and "python" not in text.splitlines()[0]:
            first = next(line for line in text.splitlines() if line and not line.startswith("#"))
            assert text.startswith("#!/bin/sh\n") and "safe.sh" in first, path


def test_make_elsewhere_removes_nothing(project):
    other = project.parent / "other"
    (other / "build").mkdir()
    done = call(project, ["make", "-f", str(project / "Makefile"), "clean"], cwd=other)
    assert (
        done.returncode != 0 and "is not the folder of Santa's Lakehouse" in done.stderr and (other / "build").exists()
    )


def test_clean_leaves_the_notes_of_what_is_solved(project):
    for name in ("progress/03.1.json", "lake/table", ".hidden"):
        (project / "build" / name).parent.mkdir(parents=True, exist_ok=True)
        (project / "build" / name).write_text("{}")
    assert call(project, ["make", "clean"]).returncode == 0
    assert [path.name for path in (project / "build").rglob("*")] == ["progress", "03.1.json"]
    assert call(project, ["make", "clean"]).returncode == 0


def test_a_link_is_not_cleared(project):
    (project / ".venv").symlink_to("../other/.venv")
    done = call(project, ["tools/setup.sh"])
    assert done.returncode == 1 and "/.venv is a link: remove it" in done.stderr and done.stderr.count("\n") == 1
    assert (project.parent / "other/.venv/precious").exists()


def test_a_moved_folder_is_set_up_anew_and_another_not(project):
    assert call(project, ["tools/setup.sh"]).returncode == 0
    (project / "tools/setup.sh").write_text((project / "tools/setup.sh").read_text() + "# another checksum\n")
    assert "making .venv" not in call(project, ["tools/setup.sh"]).stdout
    moved = project.rename(project.parent / "moved")
    assert "making .venv" in call(moved, ["tools/setup.sh"]).stdout


@pytest.mark.parametrize(
    "java, environment, said",
    [
        (None, {}, "no Java found: install a JDK 17 (apt-get"),
        (None, {"JAVA_HOME": "/nowhere"}, "JAVA_HOME is /nowhere, and there is no /nowhere/bin/java"),
        ("echo 'java version \"1.8.0_392\"'", {}, "Java 8 is too old for Spark 4.2"),
        ("echo 'Unrecognized VM option'; exit 1", {}, "does not tell its version (Unrecognized VM option)"),
        (
            '[ -z "$JAVA_TOOL_OPTIONS" ] && echo \'openjdk version "11"\'',
            {"JAVA_TOOL_OPTIONS": "-x"},
            "Java 11 is too old",
        ),
    ],
)
def test_without_a_java_that_fits(project, java, environment, said):
    if java is None:
        (project.parent / "bin/java").unlink()
        for name in ("cat", "cksum", "grep", "sed", "tail", "rm", "mkdir"):
            (project.parent / "bin" / name).symlink_to(shutil.which(name))
        environment = {"PATH": str(project.parent / "bin"), **environment}
    else:
        script(project.parent / "bin/java", f"#!/bin/sh\n{java}\n")
    done = call(project, ["/bin/sh", "tools/setup.sh"], **environment)
    assert done.returncode == 1 and done.stdout == "" and not (project / ".venv").exists()
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("set-up: ") and said in done.stderr, done.stderr


def test_a_clone_has_no_carriage_returns(project):
    """Whatever git is told on Windows."""
    shutil.copy(ROOT / ".gitattributes", project)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "core.autocrlf=true"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        assert call(project, [*git, *words]).returncode == 0
    clone = project.parent / "clone"
    assert call(project, [*git, "clone", "-q", "-c", "core.autocrlf=true", str(project), str(clone)]).returncode == 0
    files = [path for path in clone.rglob("*") if path.is_file() and ".git" not in path.parts]
    assert len(files) >= 8 and not [path for path in files if b"\r" in path.read_bytes()]
