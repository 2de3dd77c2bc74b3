"""The scripts, wherever and in whatever shell they are called: copies, with stand-ins for Python and Java."""

import http.server
import os
import re
import shutil
import stat
import subprocess
import sys
import threading

import pytest
from sleigh.paths import ROOT

SCRIPTS = ("tools/setup.sh", ".ci/run")
ASKED = ("needs.py", "reach.py", "java.py", "errors.py", "paths.py")  # in lib/sleigh: what set-up asks before all else

PYTHON = f"""#!/bin/sh
told="${{PIP_TARGET:+ PIP_TARGET}}${{UV_PROJECT:+ UV_PROJECT}}${{PYTHONPATH:+ PYTHONPATH}}"
echo "$PWD: $*$told${{UV_CACHE_DIR:+ cache $UV_CACHE_DIR}}" >>"$LOG"
case $* in
"-m sleigh.needs"* | "-m sleigh.reach"*) exec {sys.executable} "$@" ;; # these two are real
--version) echo "Python 3.11.9" ;;
"-m venv --clear .venv") rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
"-m sleigh setup") mkdir -p .spark/jars ;;
"-m uv"*) eval "${{UV_DOES:-}}" ;;
esac
"""
OTHER_PYTHON = f"""#!/bin/sh
exec {sys.executable} -c 'import runpy, sys
sys.version_info = (3, {{minor}}, 0, "final", 0)
runpy.run_module("sleigh.needs", run_name="__main__", alter_sys=True)' python
"""
JAVA = """#!/bin/sh
echo 'openjdk version "17.0.9" 2023-10-17' >&2
"""


INDEX = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def project(tmp_path):
    """A copy of what the scripts need, in a folder with what a folder's name may have; beside it another project."""
    folder = tmp_path / "it's Santa's, 100 %"
    modules = [f"lib/sleigh/{name}" for name in (*ASKED, "__init__.py", "__main__.py", "runtime/jars.txt")]
    for name in (*SCRIPTS, "tools/safe.sh", "Makefile", "pyproject.toml", "uv.lock", *modules):
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
    for name in ("PYTHON", "JAVA_HOME", "MAKEFLAGS", "MAKELEVEL", *INDEX):
        env.pop(name, None)
    return subprocess.run(
        words, cwd=cwd or project, env=env | environment, executable=executable, capture_output=True, text=True
    )


def few_programs(project):
    """For call(): a PATH with the stand-ins and no other Python or Java."""
    for name in ("cat", "cksum", "date", "grep", "sed", "tail", "rm", "mkdir", "cp", "uname", "false"):
        if not (project.parent / "bin" / name).exists():
            (project.parent / "bin" / name).symlink_to(shutil.which(name))
    return {"PATH": str(project.parent / "bin")}


def refused(done):
    """The one line of a set-up that has ended with it."""
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and done.stderr.startswith("set-up: "), done.stderr
    return done.stderr


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
    assert re.search(r"set-up: done in \d+ s; from now on nothing needs the network\n$", done.stdout), done.stdout
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
        (None, {}, "no Java found: "),
        (None, {"JAVA_HOME": "/nowhere"}, "JAVA_HOME is /nowhere, and there is no /nowhere/bin/java"),
        ("echo 'java version \"1.8.0_392\"'", {}, "Java 8 is too old for Spark 4.2"),
        ("echo 'Unrecognized VM option'; exit 1", {}, "Java does not start (java says: Unrecognized VM option): "),
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
        environment = {**few_programs(project), **environment}
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


@pytest.mark.parametrize(
    "pythons, environment, said",
    [
        ({}, {}, "no python3 found: install one"),
        ({}, {"PYTHON": "/no where/python3"}, "no /no where/python3 found: install one"),
        ({"python3": 10}, {}, "Python 3.10 is too old: 3.11 to 3.14 will do; install one"),
        ({"python3": 15}, {}, "Python 3.15 is too new (some packages are not built for it yet): 3.11 to 3.14 will do"),
        ({"python3": 9, "python3.12": 12}, {"PYTHON": "python3"}, "Python 3.9 is too old"),
        ({}, {"PYTHON": "false"}, "false does not start, or is far too old (): name another"),
    ],
)
def test_without_a_python_that_fits(project, pythons, environment, said):
    (project.parent / "bin/python3").unlink()
    for name, minor in pythons.items():
        script(project.parent / "bin" / name, OTHER_PYTHON.format(minor=minor))
    done = call(project, ["/bin/sh", "tools/setup.sh"], **few_programs(project), **environment)
    assert said in refused(done) and done.stdout == "" and not (project / ".venv").exists()
    assert "make PYTHON=" in done.stderr


def test_another_python_is_taken_if_the_first_is_too_old(project):
    """python3 is 3.9 on a Mac as it comes."""
    (project.parent / "bin/python3").rename(project.parent / "bin/python3.12")
    script(project.parent / "bin/python3", OTHER_PYTHON.format(minor=9))
    done = call(project, ["/bin/sh", "tools/setup.sh"], **few_programs(project))
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "making .venv with Python 3.11.9" in done.stdout  # so says the stand-in


def test_on_windows(project):
    script(project.parent / "bin/uname", "#!/bin/sh\necho MINGW64_NT-10.0\n")
    assert "this is Windows: type wsl --install" in refused(call(project, ["tools/setup.sh"]))


REFUSING = "http://somebody:secret@127.0.0.1:9"  # nobody listens there


def test_a_proxy_that_does_not_answer_is_named_and_the_next_call_goes_on(project):
    done = call(project, ["tools/setup.sh"], UV_DOES="echo Caused by: >&2; exit 2", HTTPS_PROXY=REFUSING, NO_PROXY="")
    assert refused(done).startswith(
        "set-up: installing the packages failed: the proxy http://127.0.0.1:9 does not answer"
    )
    assert "correct HTTPS_PROXY" in done.stderr and not (project / ".venv/sleigh-ready").exists()
    again = call(project, ["tools/setup.sh"])
    assert again.returncode == 0 and again.stderr == "" and "making .venv" in again.stdout


def test_a_mirror_is_asked_and_what_it_lacks_is_said(project):
    """The lock's addresses are PyPI's own, and a mirror has others."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        mirror = {"PIP_INDEX_URL": f"http://127.0.0.1:{server.server_port}/"}
        does = "case $* in *'pip sync'*) echo error: pandas 2.3 is not there; exit 2;; esac"
        done = call(project, ["tools/setup.sh"], UV_DOES=does, **mirror)
        server.shutdown()
    assert "failed: error: pandas 2.3 is not there (more in " in refused(done)
    assert f"--default-index {mirror['PIP_INDEX_URL']} --require-hashes .spark/locked.txt" in log(project)
    assert "uv sync" not in log(project).replace("uv --quiet ", "uv ")


def test_a_home_that_cannot_be_written(project):
    done = call(project, ["tools/setup.sh"], HOME="/dev/null", XDG_CACHE_HOME="", UV_CACHE_DIR="")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert f" cache {project}/.spark/cache" in log(project) and not (project / ".spark/cache").exists()


def test_ctrl_c_is_one_line_and_the_next_call_goes_on(project):
    done = call(project, ["tools/setup.sh"], UV_DOES="kill -INT $PPID")
    assert done.returncode == 130 and done.stderr == "set-up: stopped; the next call goes on\n", done.stderr
    assert call(project, ["tools/setup.sh"]).returncode == 0
