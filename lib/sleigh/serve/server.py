"""The dashboard as a page: Voila on this machine only, behind a token, in a process of its own that ends with its parent.

python -m sleigh.serve.server PARENT NOTEBOOK        what start() starts; it reads Voila's settings, as JSON, from stdin
"""

import contextlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

from .. import runtime
from ..errors import SleighError
from ..runtime import profile

BY_PAGE = "SLEIGH_PLOTLY_BY_PAGE"
"""The variable by which the page tells its kernels that it brings plotly's script itself."""

PAGE = Path(__file__).parent / "page" / "dashboard.ipynb"
FIRST_PORT = 8866
PORTS = 5
"""So many are tried, if another program takes each of them at the last moment."""

STARTS_WITHIN = 60
"""Seconds that Voila has to answer."""

ENDS_WITHIN = 20
"""Seconds that it has to end."""

EXTENSIONS = ["@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget"]
"""What of JupyterLab and Voila a page of widgets needs; all there is would take longer to load."""

OTHERS = ("JUPYTER", "VOILA", "IPYTHON", "PYTHONSTARTUP")
"""How variables begin by which the user's own Jupyter and IPython are set: none of them is for the page."""

CULL = (30, 120)
"""Seconds between two looks for kernels whose page is gone, and how long they may have been idle."""


def free_port(wanted=FIRST_PORT, tries=100):
    """The first free port from `wanted` on. Raises SleighError if none of the next `tries` is."""
    if not 1 <= wanted <= 65535 - tries:
        raise SleighError(f"port must be a whole number from 1 to {65535 - tries}, not {wanted}")
    for port in range(wanted, wanted + tries):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SleighError(f"no free port from {wanted} to {wanted + tries - 1}: name another with --port")


def start(lake, *, port=FIRST_PORT, every=10, theme="light", told=lambda: False):
    """Serve the dashboard of the lake at folder `lake`. Returns (process, address); the address holds the token.

    port: the first to try. every: seconds between two refreshes. theme: 'light' or 'dark'. told(): is asked time and again
    until the page answers; once it is true the page is given up, and None returned.
    Raises SleighError if Voila is not there or does not answer.
    """
    token = secrets.token_urlsafe(24)
    log = Path(lake) / runtime.LIVE / "page.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(PORTS):
        port = free_port(port)
        process = _serve(lake, every, _config(token, port, theme), log)
        serves = None
        try:
            serves = _answers(process, port, token, log, told)
        finally:
            if not serves:
                stop(process)
        if serves or told():
            return (process, f"http://127.0.0.1:{port}/?token={token}") if serves else None
        port += 1  # another program has taken it in the meantime
    raise SleighError(f"other programs took the ports up to {port - 1} one after the other: name another with --port")


def _serve(lake, every, config, log):
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)}
    environment = {
        "JUPYTER_NO_CONFIG": "1",  # nothing but what is passed here, for Voila as for its kernels
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_PATH": str(PAGE.parent),  # where the page's template is
        "SLEIGH_LAKE": str(lake),
        "SLEIGH_EVERY": str(every),
        BY_PAGE: "1",
        "PYTHONPATH": str(profile.ROOT / "lib"),
    }
    with _private(log) as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "sleigh.serve.server", str(os.getpid()), str(PAGE)],
            env=theirs | environment,
            cwd=PAGE.parent,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we stop it when its turn comes
        )
    with contextlib.suppress(BrokenPipeError), process.stdin:  # its log says why
        # Not on the command line: that is there to read for every user of the machine.
        process.stdin.write(json.dumps(config).encode())
    return process


def _private(log):
    """The file `log`, empty, to be read by its user alone: Voila writes its address there, and that holds the token."""
    log.unlink(missing_ok=True)  # one of an earlier run may be there to read for others
    return open(log, "wb", opener=lambda path, flags: os.open(path, flags, 0o600))


def _config(token, port, theme):
    from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

    # What a dashboard draws comes as an answer to the cell that has started it.
    drawing = ["comm_open", "comm_msg", "comm_close", "execute_request"]
    no_life = [*MappingKernelManager.untracked_message_types.default(), *drawing]
    return {
        "Voila": {"ip": "127.0.0.1", "port": port, "port_retries": 0, "open_browser": False, "token": token},
        "KernelManager": {"transport_encryption": "auto"},
        "VoilaConfiguration": {"theme": theme, "template": "offline", "extension_allowlist": EXTENSIONS},
        # A page that was closed without a word leaves its kernel behind, and what that goes on to draw is no sign of life.
        "MappingKernelManager": {
            "cull_interval": CULL[0],
            "cull_idle_timeout": CULL[1],
            "untracked_message_types": no_life,
        },
    }


def _answers(process, port, token, log, told):
    """Whether Voila serves `port`, once it does; False if another program has taken it, or if told() comes true."""
    until = time.monotonic() + STARTS_WITHIN
    while not told():
        # Of a kernel that is not there, Voila tells those who have its token, and forbids the others to ask.
        said = [_status(f"http://127.0.0.1:{port}/api/kernels/{uuid.UUID(int=0)}?token={word}") for word in ("", token)]
        if said == [403, 404]:
            return True
        if process.poll() is not None:
            words = log.read_text(errors="replace").strip()
            if "no available port could be found" in words:
                return False
            raise SleighError(f"the dashboard's page did not start: {(words.splitlines() or ['it said nothing'])[-1]}")
        if time.monotonic() > until:
            how = "did not answer" if None in said else f"answered {said}, not [403, 404],"
            raise SleighError(f"the dashboard's page {how} within {STARTS_WITHIN} s: see {log}")
        time.sleep(0.25)
    return False


def _status(address):
    """The status with which a page on this machine answers, past any proxy; None if there is no answer."""
    try:
        return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=2).status
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, http.client.HTTPException):
        return None


def stop(process):
    """End the page and its kernels."""
    process.terminate()
    try:
        process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(argv):
    """Run Voila until it is stopped, or until the process that started this one has ended, however that was."""
    parent, notebook = int(argv[0]), argv[1]
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # until Voila has one that ends its kernels as well
    config = json.load(sys.stdin)
    # A folder of its own for all that Jupyter and IPython write: the user's home may not be there to write to.
    with tempfile.TemporaryDirectory(prefix="sleigh-page-") as folder:
        names = ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "TMPDIR")
        os.environ |= dict.fromkeys(names, folder)
        tempfile.tempdir = None  # look again
        os.chdir(folder)  # where Voila looks for settings, too
        _offer_plotly(Path(folder))

        from traitlets.config import Config
        from voila.app import Voila

        class Page(Voila):
            def init_settings(self):
                # By itself Voila answers to any name, and a page in a browser can make a name of its own point here.
                return super().init_settings() | {"allow_remote_access": False}

        Page.launch_instance([notebook], config=Config(config))


def _offer_plotly(folder):
    """Put plotly's script among the static files of the page's template; `folder` is one in which Voila looks for them."""
    import plotly

    static = folder / "voila" / "templates" / "offline" / "static"
    static.mkdir(parents=True)
    shutil.copy(Path(plotly.__file__).parent / "package_data" / "plotly.min.js", static)  # it follows no links


def _end_with(parent):
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ENDS_WITHIN)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
