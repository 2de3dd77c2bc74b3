"""Which Java Spark would start, and what is said of one that does not do."""

import os
import subprocess

import pytest
from sleigh import java, runtime
from sleigh.errors import SleighError


def fake_java(folder, version):
    folder.mkdir(parents=True)
    script = folder / "java"
    script.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-01-16' >&2\n")
    script.chmod(0o755)
    return folder


def test_java_home_comes_before_path(monkeypatch, tmp_path):
    fake_java(tmp_path / "bin", "21.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert runtime.java_version() == 21
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "not there"))
    assert runtime.java_version() is None


def test_java_version_of_this_machine():
    java = os.path.join(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else "java"
    text = subprocess.run([java, "-version"], capture_output=True, text=True).stderr
    assert f'version "{runtime.java_version()}' in text


def test_a_java_that_does_not_start_is_not_called_missing(monkeypatch, tmp_path):
    script = tmp_path / "bin" / "java"
    script.parent.mkdir()
    script.write_text(
        "#!/bin/sh\necho 'Error: dl failure on line 542: libjvm.so: cannot open shared object file' >&2\nexit 1\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SleighError, match=r"^Java does not start \(.*/bin/java says: Error: dl failure on line 542"):
        runtime.require_java()


def test_a_java_home_without_java_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(
        SleighError, match=r"^JAVA_HOME is .*, and there is no .*/bin/java: unset JAVA_HOME, the java of"
    ):
        runtime.require_java()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch(mode=0o644)
    with pytest.raises(SleighError, match=r"^Java does not start .* says: Permission denied"):
        runtime.require_java()


@pytest.mark.parametrize("name", ["JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS"])
def test_options_that_every_java_takes_do_not_hide_it(monkeypatch, name):
    version = runtime.java_version()
    monkeypatch.setenv(name, "-XX:+NoSuchOption")
    assert runtime.java_version() == version >= 17


@pytest.mark.parametrize(
    "version, is_wrong", [(None, "no Java found"), ("11.0.22", "Java 11 is too old for Spark 4.2")]
)
def test_a_java_that_lies_elsewhere_is_named(monkeypatch, tmp_path, version, is_wrong):
    fake_java(tmp_path / "jvm/jdk-8/bin", "1.8.0_402")
    fake_java(tmp_path / "jvm/jdk 21/bin", "21.0.2")
    monkeypatch.setattr(java, "HOMES", (str(tmp_path / "nowhere/*"), str(tmp_path / "jvm/*")))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(fake_java(tmp_path / "bin", version) if version else tmp_path))
    with pytest.raises(SleighError, match=rf"^{is_wrong}: export JAVA_HOME='{tmp_path}/jvm/jdk 21'$"):
        runtime.require_java()


@pytest.mark.parametrize(
    "program, typed",
    [
        ("apt-get", "sudo apt-get install openjdk-17-jdk-headless, or openjdk-21-jdk-headless where there is no 17"),
        ("brew", "brew install openjdk@17, then export JAVA_HOME=$(brew --prefix openjdk@17)"),
        ("nothing", "https://adoptium.net has one"),
    ],
)
def test_what_to_type_is_what_this_system_has(monkeypatch, tmp_path, program, typed):
    """macOS comes with a java that only says that there is none."""
    script = fake_java(tmp_path / "bin", "") / "java"
    script.write_text(
        "#!/bin/sh\necho 'The operation couldn’t be completed. Unable to locate a Java Runtime.' >&2; exit 1\n"
    )
    (tmp_path / "bin" / program).touch(mode=0o755)
    monkeypatch.setattr(java, "HOMES", ())
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(SleighError) as said:
        runtime.require_java()
    assert str(said.value) == f"no Java found: install a JDK 17 ({typed})"
