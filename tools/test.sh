#!/bin/sh
# Everything CI checks, in the order of how fast it fails. Called by `make test`, after set-up.
case $0 in */*) . "${0%/*}/safe.sh" ;; *) . ./safe.sh ;; esac
set -u
python=.venv/bin/python
total=0

stage() {
    name=$1
    shift
    echo "== $name"
    start=$(date +%s)
    "$@"
    code=$?
    seconds=$(($(date +%s) - start))
    total=$((total + seconds))
    if [ "$code" -ne 0 ]; then
        echo "== $name FAILED after $seconds s"
        exit 1
    fi
    echo "== $name passed in $seconds s"
}

stage "ruff check" $python -m ruff check .
stage "ruff format" $python -m ruff format --check .
stage "tests" $python -m pytest -v --durations=30 tests
# Strict: every output is compared, but for the lines that the sanitize file explains.
stage "notebooks" $python -m pytest -v --nbval --nbval-current-env \
    --nbval-sanitize-with tests/nbval_sanitize.cfg notebooks solutions
echo "== all passed in $total s"
