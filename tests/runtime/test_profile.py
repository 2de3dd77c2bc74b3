"""The settings of a local session, and the file that carries them to the JVM."""

import os
from types import SimpleNamespace

import pytest
from sleigh.errors import SleighError
from sleigh.runtime import profile


def test_every_setting_has_a_reason_and_stands_in_the_generated_file(tmp_path):
    for chosen in (profile.ALWAYS, profile.LAPTOP):
        assert all(len(reason) > 10 for _, reason in chosen.values())
    assert all(profile.JAVA_OPTIONS.values())
    written = dict(line.split(" ", 1) for line in profile.write_conf(tmp_path).read_text().splitlines())
    assert set(profile.settings()) == set(written)
    assert set(profile.settings(laptop=False)) == set(written) - set(profile.LAPTOP)
    assert written["spark.driver.extraClassPath"].split(":") == profile.jars()
    before = os.stat(tmp_path / "spark-defaults.conf")
    profile.write_conf(tmp_path)
    assert os.stat(tmp_path / "spark-defaults.conf").st_ino == before.st_ino, "the same text is not written again"


@pytest.mark.parametrize("wanted", ["1g", "4G", "512m", "1500m"])
def test_a_larger_heap_is_one_variable(monkeypatch, wanted):
    monkeypatch.setenv("SLEIGH_HEAP", wanted)
    assert profile.heap() == wanted


@pytest.mark.parametrize("wanted", ["much", "4", "4 g", "511m", "0g", "-1g", "4gb", "-Dx=1"])
def test_what_is_no_heap_is_one_line(monkeypatch, wanted):
    monkeypatch.setenv("SLEIGH_HEAP", wanted)
    with pytest.raises(SleighError, match=r"^SLEIGH_HEAP=.* is no size for a heap: write SLEIGH_HEAP=4g"):
        profile.heap()


def test_every_jvm_has_one_locale_whatever_its_options(monkeypatch, tmp_path):
    monkeypatch.setenv("LANG", "fa_IR.UTF-8")
    for extra in (None, {"spark.driver.extraJavaOptions": "-Xss8m"}):
        written = dict(line.split(" ", 1) for line in profile.write_conf(tmp_path, extra).read_text().splitlines())
        options = written["spark.driver.extraJavaOptions"]
        for wanted in ('user.language="en"', 'user.country="US"', 'file.encoding="UTF-8"', 'sun.jnu.encoding="UTF-8"'):
            assert f"-D{wanted}" in options
        assert "java.io.tmpdir" not in options
    assert options.startswith("-Xss8m ")
    assert written["spark.hadoop.fs.defaultFS"] == "file:///"


def test_libraries_are_unpacked_elsewhere_where_tmp_forbids_programs(monkeypatch, tmp_path):
    monkeypatch.setattr(profile, "SPARK_DIR", tmp_path / "spark")
    monkeypatch.setattr(profile, "forbids_programs", lambda folder: folder == "/tmp")
    assert f'-Djava.io.tmpdir="{tmp_path}/spark/tmp"' in profile.write_conf(tmp_path / "conf").read_text()
    assert (tmp_path / "spark" / "tmp").is_dir()


@pytest.mark.skipif(not hasattr(os, "ST_NOEXEC"), reason="only Linux says so")
def test_what_forbids_programs(monkeypatch):
    flags = {"/a": os.ST_NOEXEC | os.ST_NODEV, "/b": os.ST_NODEV}
    monkeypatch.setattr(os, "statvfs", lambda folder: SimpleNamespace(f_flag=flags[folder]))
    assert profile.forbids_programs("/a") and not profile.forbids_programs("/b")
