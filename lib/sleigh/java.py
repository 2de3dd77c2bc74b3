"""The Java that Spark starts: where it is, what it says of itself, and whether Spark 4.2 runs on it.

Set-up asks before anything is installed, so there is nothing but the standard library here.
"""

import glob
import os
import re
import shutil
import subprocess

from .errors import SleighError

OLDEST = 17

OPTIONS = ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS")
"""Variables with options that every Java takes, a second garbage collector among them: others', not ours."""

HOMES = (
    "/usr/lib/jvm/*",
    "/opt/homebrew/opt/openjdk*",
    "/usr/local/opt/openjdk*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "~/.sdkman/candidates/java/*",
    "~/.jdks/*",
)
"""Where Linux, Homebrew, macOS, SDKMAN and JetBrains put JDKs, each a folder that JAVA_HOME may name."""

INSTALLERS = (
    ("apt-get", "sudo apt-get install openjdk-17-jdk-headless, or openjdk-21-jdk-headless where there is no 17"),
    ("dnf", "sudo dnf install java-21-openjdk-headless"),
    ("pacman", "sudo pacman -S jdk21-openjdk"),
    ("brew", "brew install openjdk@17, then export JAVA_HOME=$(brew --prefix openjdk@17)"),
    ("conda", "conda install -c conda-forge openjdk=17"),
)
"""Who installs a JDK, and what to type; the first that is there is told of."""


def java():
    """The java that Spark starts: a path, or a name to be looked up."""
    return os.path.join(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else "java"


def java_says(program=None):
    """What `program` (by default java()) says of its version, or the system of it where it cannot be started; '' if there
    is none."""
    variables = {name: value for name, value in os.environ.items() if name not in OPTIONS}
    try:
        done = subprocess.run([program or java(), "-version"], env=variables, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return error.strerror
    # macOS has a java that does nothing but say so.
    return "" if "Unable to locate a Java Runtime" in done.stderr else done.stderr + done.stdout


def java_version(program=None):
    """Major version of the java that Spark would start, or None if there is none, or none that starts."""
    found = re.search(r'version "(?:1\.)?(\d+)', java_says(program))
    return int(found[1]) if found else None


def other_home():
    """A JDK of this machine that would do, as a folder for JAVA_HOME; None if there is none where JDKs usually are."""
    for pattern in HOMES:
        for home in sorted(glob.glob(os.path.expanduser(pattern))):
            if (java_version(os.path.join(home, "bin", "java")) or 0) >= OLDEST:
                return home
    return None


def require_java():
    """Raise SleighError unless there is a Java that Spark 4.2 runs on."""
    version = java_version()
    if version is not None and version >= OLDEST:
        return
    raise SleighError(f"{_what_is_wrong(version)}: {_what_to_type()}")


def _what_is_wrong(version):
    said = java_says().strip()
    if version is not None:
        return f"Java {version} is too old for Spark 4.2"
    if said:
        return f"Java does not start ({java()} says: {said.splitlines()[-1][:200]})"
    if os.environ.get("JAVA_HOME"):
        return f"JAVA_HOME is {os.environ['JAVA_HOME']}, and there is no {java()}"
    return "no Java found"


def _what_to_type():
    if os.environ.get("JAVA_HOME") and (java_version("java") or 0) >= OLDEST:
        return "unset JAVA_HOME, the java of the PATH will do"
    home = other_home()
    if home:
        return f"export JAVA_HOME='{home}'"
    way = next((way for program, way in INSTALLERS if shutil.which(program)), "https://adoptium.net has one")
    also = "; then unset JAVA_HOME, or point it there" if os.environ.get("JAVA_HOME") else ""
    return f"install a JDK 17 ({way}){also}"
