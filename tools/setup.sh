#!/bin/sh
# Set-up, called by every target of the Makefile: .venv with the locked dependencies, .spark with the Delta jars.
# Needs the network the first time and never again: a stamp holds the checksum of what was installed, so a second call
# compares two short texts and ends. What was interrupted is done again from the start. PYTHON names another python3.
# What the machine lacks is said by sleigh.needs and sleigh.reach, which the doctor asks, too.
case $0 in */*) . "${0%/*}/safe.sh" ;; *) . ./safe.sh ;; esac
set -eu

here=$(pwd -P)
wanted="$(cat pyproject.toml uv.lock lib/sleigh/runtime/jars.txt tools/setup.sh tools/safe.sh | cksum) $here" # a .venv does not survive a move
ready=.venv/sleigh-ready
[ "$(cat "$ready" 2>/dev/null)" = "$wanted" ] && [ -x .venv/bin/python ] && [ -d .spark/jars ] && exit 0

say() {
    echo "set-up: $*"
}
stop() {
    say "$@" >&2
    exit 1
}
trap 'say "stopped; the next call goes on" >&2; exit 130' INT
trap 'exit 143' TERM
begun=$(date +%s)

case $(uname -s) in MINGW* | MSYS* | CYGWIN*)
    stop "this is Windows: type wsl --install, open Ubuntu, clone the repository there and call make in it"
    ;;
esac

# The first Python that will do; else what the first that is there lacks.
if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.13 python3.12 python3.11 python3.14; fi
python= lacks=
for name; do
    command -v "$name" >/dev/null || continue
    if said=$(PYTHONPATH=lib "$name" -m sleigh.needs python 2>&1); then
        python=$name
        break
    fi
    case $said in
    "set-up: "*) said=${said#set-up: } ;;
    *) said="$name does not start, or is far too old ($(printf '%s\n' "$said" | tail -n 1)): name another, make PYTHON=python3.13" ;;
    esac
    lacks=${lacks:-$said}
done
if [ -z "$python" ]; then
    [ -z "$lacks" ] || stop "$lacks"
    stop "no $1 found: install one (apt-get install python3 python3-venv; brew install python@3.13), or name it: make PYTHON=/path/to/python3"
fi
PYTHONPATH=lib "$python" -m sleigh.needs || exit 1

export UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON_DOWNLOADS=never PIP_DISABLE_PIP_VERSION_CHECK=1
# A company's own certificates are in the system's store, if anywhere; by themselves pip and uv have Mozilla's.
for file in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
    [ -r "$file" ] || continue
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}" PIP_CERT="${PIP_CERT:-$file}"
    break
done
# The home may not be there to write to. (A cache on another disk costs copies.)
cache=${UV_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/nowhere}/.cache}/uv}
mkdir -p .spark
mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ] || export UV_CACHE_DIR="$here/.spark/cache"

log=.spark/setup.log # what pip and uv have to say; where someone sees it, uv shows how far it is instead
: >"$log"
failed() { # WHAT: names the reason, or what was said last
    PYTHONPATH=lib "$python" -m sleigh.needs || exit 1
    reason=$(PYTHONPATH=lib "$python" -m sleigh.reach "${index:-https://pypi.org/simple/pip/}") ||
        stop "$1 failed: ${reason:-no network}; then call it again, it goes on"
    reason=$(tail -n 1 "$log")
    stop "$1 failed${reason:+: $reason} (more in $here/$log): call it again, it goes on"
}

unfinished=.spark/setup-unfinished # there while .venv is being filled: a half-linked package looks installed to uv
made_for=.venv/sleigh-made-for     # the folder that the scripts in .venv/bin name
if [ -e "$unfinished" ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1 ||
    [ "$(cat "$made_for" 2>/dev/null)" != "$here" ]; then
    # What a link leads to is not ours to clear.
    [ ! -L .venv ] || stop "$here/.venv is a link: remove it, then run make setup again"
    : >"$unfinished"
    say "making .venv with $("$python" --version) (a few seconds) ..."
    "$python" -m venv --clear .venv >>"$log" 2>&1 || failed "making .venv"
    echo "$here" >"$made_for"
fi
rm -f "$ready"
: >"$unfinished"

index=${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)}}}
uv() { # a progress bar where someone can see it
    if [ -t 2 ]; then .venv/bin/python -m uv "$@"; else .venv/bin/python -m uv --quiet "$@" >>"$log" 2>&1; fi
}
packages=$(grep -c '^name = ' uv.lock)
say "installing $packages packages (the first time 0.9 GB to fetch: some minutes; later, from uv's cache, seconds) ..."
since=$(date +%s)
.venv/bin/python -m pip install --quiet uv==0.13.9 >>"$log" 2>&1 || failed "installing uv"
if [ -z "$index" ]; then
    uv sync --frozen --python .venv/bin/python || failed "installing the packages"
else
    # The lock names PyPI's own addresses. A mirror has the same files, and their checksums are the lock's.
    uv export --frozen --no-emit-project --output-file .spark/locked.txt >/dev/null || failed "reading uv.lock"
    uv pip sync --python .venv/bin/python --default-index "$index" --require-hashes .spark/locked.txt &&
        uv pip install --python .venv/bin/python --default-index "$index" --no-deps --editable . || failed "installing the packages from $index"
fi
say "installed in $(($(date +%s) - since)) s"

# JupyterLab asks no one for news or updates.
mkdir -p .venv/share/jupyter/lab/settings
cat >.venv/share/jupyter/lab/settings/overrides.json <<'JSON'
{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": true}}
JSON
rm -rf "$unfinished" .spark/cache

PYTHONPATH=lib .venv/bin/python -m sleigh setup
echo "$wanted" >"$ready"
say "done in $(($(date +%s) - begun)) s; from now on nothing needs the network"
