"""Fetching the Delta jars: whole or not at all, from Maven Central or a mirror; here from a server on this machine."""

import functools
import hashlib
import http.server
import threading
from pathlib import Path

import make_jars
import pytest
from sleigh.errors import SleighError
from sleigh.runtime import jars, profile

CONTENTS = {"io.delta:delta-spark_4.2_2.13:4.4.0": b"delta", "org.example:small:1.0": b"small"}


@pytest.fixture
def mirror(monkeypatch, tmp_path):
    """The folder of a Maven repository that is served with CONTENTS; set-up asks it, for a checkout of any name."""
    listed = [jars.Jar(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in CONTENTS.items()]
    checkout = tmp_path / "it's Säntas, 100 %"
    checkout.mkdir()
    served = tmp_path / "mirror"
    for jar, data in zip(listed, CONTENTS.values(), strict=True):
        (served / jar.path).parent.mkdir(parents=True)
        (served / jar.path).write_bytes(data)
    handler = functools.partial(Quiet, directory=str(served))
    for name, value in {"LISTED": listed, "SPARK_DIR": checkout, "JARS_DIR": checkout / "jars"}.items():
        monkeypatch.setattr(jars, name, value)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("SLEIGH_MAVEN", f"http://127.0.0.1:{server.server_port}/")
        yield served
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_they_are_fetched_once(mirror, capsys):
    jars.fetch_jars()
    assert {file.name: file.read_bytes() for file in jars.JARS_DIR.iterdir()} == {
        "io.delta_delta-spark_4.2_2.13-4.4.0.jar": b"delta",
        "org.example_small-1.0.jar": b"small",
    }
    assert "fetching the 2 jars of Delta" in capsys.readouterr().err and not list(jars.SPARK_DIR.glob("*.part"))
    (mirror / jars.LISTED[0].path).unlink()
    jars.fetch_jars()
    assert capsys.readouterr().err == ""


def test_what_was_interrupted_goes_on(mirror):
    small = mirror / jars.LISTED[1].path
    small.rename(mirror / "away")
    with pytest.raises(SleighError, match=r"^org\.example:small:1\.0 cannot be fetched: 127\.0\.0\.1 answers 404 for "):
        jars.fetch_jars()
    assert not jars.has_jars() and not jars.JARS_DIR.exists()
    (mirror / "away").rename(small)
    (mirror / jars.LISTED[0].path).unlink()  # has come already
    (jars.SPARK_DIR / "jars.part" / "older.jar").touch()
    jars.fetch_jars()
    assert jars.has_jars() and len(list(jars.JARS_DIR.iterdir())) == 2


def test_another_file_is_not_taken(mirror):
    """The login page of a hotel's network comes with status 200."""
    (mirror / jars.LISTED[0].path).write_bytes(b"login")  # as long as the jar
    with pytest.raises(SleighError, match=r"^what came as http://127.* is another file: is it the login page"):
        jars.fetch_jars()
    assert not jars.JARS_DIR.exists() and not list(jars.SPARK_DIR.glob("jars.part/*.jar"))


def test_those_of_another_version_go(mirror):
    jars.JARS_DIR.mkdir()
    (jars.JARS_DIR / "io.delta_delta-spark_4.2_2.13-4.3.0.jar").touch()
    jars.fetch_jars()
    assert "io.delta_delta-spark_4.2_2.13-4.3.0.jar" not in [file.name for file in jars.JARS_DIR.iterdir()]


def test_the_list_leaves_out_what_pyspark_ships():
    resolved = ["io.delta_delta-spark_4.2_2.13-4.4.0.jar", "org.slf4j_slf4j-api-2.0.13.jar", "org.antlr_x-1.0.jar"]
    assert make_jars.needed(resolved, ["slf4j-api-2.0.17.jar"]) == [
        "io.delta_delta-spark_4.2_2.13-4.4.0.jar",
        "org.antlr_x-1.0.jar",
    ]


def test_the_class_path_holds_what_is_listed_and_no_library_twice():
    assert [Path(jar).name for jar in profile.jars()] == sorted(jar.name for jar in jars.LISTED)
    shipped = {make_jars.artifact(jar) for jar in make_jars.shipped()}
    ours = {make_jars.artifact(jar.name).split("_", 1)[1] for jar in jars.LISTED}
    assert ours and not ours & shipped


def test_the_lines_of_the_list_are_those_of_the_files():
    file = Path(profile.jars()[0])
    assert make_jars.line(file) in jars.LIST.read_text()


def test_delta_is_that_of_the_python_package():
    from importlib import metadata

    assert metadata.version("delta-spark") == jars.DELTA
    assert any(jar.coordinates == make_jars.PACKAGE for jar in jars.LISTED)
