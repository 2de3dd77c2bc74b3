"""The Java that Spark starts: where it is, what it says of itself, and whether Spark 4.2 runs on it."""

import os
import re
import subprocess

from ..errors import SleighError
from . import environment

OLDEST = 17


def java():
    """The java that Spark starts: a path, or a name to be looked up."""
    return os.path.join(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else "java"


def java_says():
    """What it says of its version, or the system of it where it cannot be started; '' if there is none."""
    try:
        done = subprocess.run([java(), "-version"], env=environment.for_java(), capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return error.strerror
    return done.stderr + done.stdout


def java_version():
    """Major version of the java that Spark would start, or None if there is none, or none that starts."""
    found = re.search(r'version "(?:1\.)?(\d+)', java_says())
    return int(found[1]) if found else None


def require_java():
    """Raise SleighError unless there is a Java that Spark 4.2 runs on."""
    version = java_version()
    if version is None:
        said = java_says().strip()
        if said:
            raise SleighError(f"Java does not start ({java()} says: {said.splitlines()[-1][:200]}): install a JDK 17")
        if os.environ.get("JAVA_HOME"):
            raise SleighError(
                f"JAVA_HOME is {os.environ['JAVA_HOME']}, and there is no {java()}: point it at a JDK 17, or unset it to "
                "take the java of the PATH"
            )
        raise SleighError(
            f"no Java found ({java()}): install a JDK 17 (conda install openjdk=17, or apt-get install openjdk-17-jdk)"
        )
    if version < OLDEST:
        raise SleighError(f"Java {version} is too old for Spark 4.2: install a JDK 17 and point JAVA_HOME at it")
