#!/bin/sh
# Set-up, called by every target of the Makefile: .venv with the locked dependencies, .spark with the Delta jars.
# Needs the network the first time and never again: a stamp holds the checksum of what was installed, so a second call
# compares two short texts and ends. What was interrupted is done again from the start. PYTHON names another python3.
case $0 in */*) . "${0%/*}/safe.sh" ;; *) . ./safe.sh ;; esac
set -eu

here=$(pwd -P)
wanted="$(cat pyproject.toml uv.lock tools/setup.sh tools/safe.sh | cksum) $here" # a .venv does not survive a move of its folder
ready=.venv/sleigh-ready
[ "$(cat "$ready" 2>/dev/null)" = "$wanted" ] && [ -x .venv/bin/python ] && [ -d .spark/jars ] && exit 0

stop() {
    echo "set-up: $*" >&2
    exit 1
}

python=${PYTHON:-python3}
command -v "$python" >/dev/null || stop "no $python found: install Python 3.11 or later, or name it: make PYTHON=/path/to/python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "$("$python" --version) is too old: Python 3.11 or later is needed; name one with make PYTHON=python3.12"
"$python" -c 'import ensurepip, venv' 2>/dev/null || stop "$python cannot make environments: apt-get install python3-venv"

java=java
[ -z "${JAVA_HOME:-}" ] || java=$JAVA_HOME/bin/java
command -v "$java" >/dev/null || [ -z "${JAVA_HOME:-}" ] ||
    stop "JAVA_HOME is $JAVA_HOME, and there is no $java: point it at a JDK 17, or unset it to take the java of the PATH"
command -v "$java" >/dev/null || stop "no Java found: install a JDK 17 (apt-get install openjdk-17-jdk; \
conda install openjdk=17; brew install openjdk@17 and export JAVA_HOME=\$(brew --prefix openjdk@17))"
says=$(unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS && "$java" -version 2>&1) || true
version=$(printf '%s\n' "$says" | LC_ALL=C sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p')
[ -n "$version" ] || stop "$java does not tell its version ($(printf '%s\n' "$says" | tail -n 1)): install a JDK 17 and point JAVA_HOME at it"
[ "$version" -ge 17 ] || stop "Java $version is too old for Spark 4.2: install a JDK 17 and point JAVA_HOME at it"

export UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON_DOWNLOADS=never PIP_DISABLE_PIP_VERSION_CHECK=1

unfinished=.spark/setup-unfinished # there while .venv is being filled: a half-linked package looks installed to uv
made_for=.venv/sleigh-made-for     # the folder that the scripts in .venv/bin name
if [ -e "$unfinished" ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1 ||
    [ "$(cat "$made_for" 2>/dev/null)" != "$here" ]; then
    # What a link leads to is not ours to clear.
    [ ! -L .venv ] || stop "$here/.venv is a link: remove it, then run make setup again"
    mkdir -p .spark
    : >"$unfinished"
    echo "set-up: making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
    echo "$here" >"$made_for"
fi
rm -f "$ready"
mkdir -p .spark
: >"$unfinished"
quiet=--quiet
[ ! -t 2 ] || quiet= # a progress bar where someone can see it
echo "set-up: installing the locked dependencies (about a minute the first time)"
.venv/bin/python -m pip install --quiet uv==0.13.9
.venv/bin/python -m uv sync --frozen $quiet --python .venv/bin/python

# JupyterLab asks no one for news or updates.
mkdir -p .venv/share/jupyter/lab/settings
cat >.venv/share/jupyter/lab/settings/overrides.json <<'JSON'
{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": true}}
JSON
rm -f "$unfinished"

echo "set-up: fetching the Delta jars and archiving the JVM's classes (about a minute the first time)"
PYTHONPATH=lib .venv/bin/python -m sleigh setup
echo "$wanted" >"$ready"
echo "set-up: done; from now on nothing needs the network"
