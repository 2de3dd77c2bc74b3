"""Set-up's part for Spark, where it can be tested without fetching anything."""

import os

from sleigh.runtime import install


def test_an_archive_of_other_files_is_none(tmp_path, monkeypatch):
    """The JVM would refuse it without a word, and every session start in twice the time."""
    jar, key, archive = tmp_path / "a.jar", tmp_path / "classes.key", tmp_path / "classes.jsa"
    jar.write_bytes(b"classes")
    archive.touch()
    for name, value in {"class_path": lambda: [str(jar)], "ARCHIVE": archive, "_KEY": key}.items():
        monkeypatch.setattr(install, name, value)
    key.write_text(install._key())
    assert install.has_archive()
    os.utime(jar, (0, 0))  # the same bytes, unpacked anew
    assert not install.has_archive()
