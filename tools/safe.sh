# Sourced by each script before all else. What a script does must not depend on what the caller's shell exports, and it must
# be done in this project's folder: a CDPATH, or a function called cd, leads to another one. Then `.venv` is another's.

# bash takes functions, options and more from the environment, unless privileged. Up to here only what no function can replace.
case ${BASH_VERSION:+$-} in
'' | *p*) ;;
*) exec "$BASH" -p "$0" "$@" ;;
esac
set +Cafnvx
unset BASH_ENV CDPATH ENV GREP_OPTIONS IFS
unset PYTHONHOME PYTHONINSPECT PYTHONPATH VIRTUAL_ENV
# Where pip and uv would install, or whose project they would take for ours.
unset PIP_PREFIX PIP_REQUIRE_VIRTUALENV PIP_ROOT PIP_TARGET PIP_USER
unset UV_DEV UV_NO_DEFAULT_GROUPS UV_NO_DEV UV_NO_GROUP UV_NO_SYNC UV_PROJECT UV_WORKING_DIR UV_WORKING_DIRECTORY

case $0 in
*/*) cd -- "${0%/*}/.." ;;
*) cd .. ;;
esac || exit 1
if ! grep -qs '^name = "santas-lakehouse"' pyproject.toml || ! [ -f lib/sleigh/__main__.py ]; then
    echo "$0: $(pwd) is not the folder of Santa's Lakehouse: call the script where it lies, without a link" >&2
    exit 1
fi
