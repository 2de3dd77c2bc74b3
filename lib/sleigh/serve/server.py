"""The dashboard as a page: Voila on this machine only, behind a token, in a process of its own that ends with its parent.

python -m sleigh.serve.server NOTEBOOK        what start() starts
"""

import http.client
import json
import os
import secrets
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

from ..errors import SleighError
from ..runtime import profile

PAGE = Path(__file__).parent / "page" / "dashboard.ipynb"
FIRST_PORT = 8866
STARTS_WITHIN = 60
"""Seconds that Voila has to answer."""

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


def start(lake, *, port=FIRST_PORT, every=10, theme="light"):
    """Serve the dashboard of the lake at folder `lake`. Returns (process, address); the address holds the token.

    port: the first to try. every: seconds between two refreshes. theme: 'light' or 'dark'.
    Raises SleighError if Voila is not there or does not answer.
    """
    token = secrets.token_urlsafe(24)
    log = Path(lake) / "_live" / "page.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    while True:
        port = free_port(port)
        # In a file of the user's own, not on the command line: that is there to read for every user of the machine.
        with tempfile.TemporaryDirectory(prefix="sleigh-") as config:
            (Path(config) / "voila.json").write_text(json.dumps(_config(token, port, theme)))
            process = _serve(lake, every, config, log)
            try:
                if _answers(process, port, token, log):
                    return process, f"http://127.0.0.1:{port}/?token={token}"
            except BaseException:
                stop(process)
                raise
        stop(process)  # another program has taken the port in the meantime
        port += 1


def _serve(lake, every, config, log):
    environment = {
        "JUPYTER_CONFIG_PATH": config,
        "JUPYTER_PATH": str(PAGE.parent),  # where the page's template is
        "SLEIGH_LAKE": str(lake),
        "SLEIGH_EVERY": str(every),
        "PYTHONPATH": str(profile.ROOT / "lib"),
    }
    with open(log, "wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "sleigh.serve.server", str(PAGE)],
            env=os.environ | environment,
            cwd=PAGE.parent,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we stop it when its turn comes
        )


def _config(token, port, theme):
    from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

    # What a dashboard draws comes as an answer to the cell that has started it.
    drawing = ["comm_open", "comm_msg", "comm_close", "execute_request"]
    no_life = [*MappingKernelManager.untracked_message_types.default(), *drawing]
    return {
        "Voila": {"ip": "127.0.0.1", "port": port, "port_retries": 0, "open_browser": False, "token": token},
        "KernelManager": {"transport_encryption": "auto"},
        "VoilaConfiguration": {"theme": theme, "template": "offline"},
        # A page that was closed without a word leaves its kernel behind, and what that goes on to draw is no sign of life.
        "MappingKernelManager": {
            "cull_interval": CULL[0],
            "cull_idle_timeout": CULL[1],
            "untracked_message_types": no_life,
        },
    }


def _answers(process, port, token, log):
    """Whether Voila serves `port`, once it does; False if another program has taken it."""
    for _ in range(STARTS_WITHIN * 4):
        # Of a kernel that is not there, Voila tells those who have its token, and forbids the others to ask.
        said = [_status(f"http://127.0.0.1:{port}/api/kernels/{uuid.UUID(int=0)}?token={word}") for word in ("", token)]
        if None not in said:
            return said == [403, 404]
        if process.poll() is not None:
            last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise SleighError(f"the dashboard's page did not start: {last[0]}")
        time.sleep(0.25)
    raise SleighError(f"the dashboard's page did not answer within {STARTS_WITHIN} s: see {log}")


def _status(address):
    """The status with which a page on this machine answers, past any proxy; None if there is no answer."""
    try:
        return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, http.client.HTTPException):
        return None


def stop(process):
    """End the page and its kernels."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(argv):
    """Run Voila until it is stopped, or until the process that started this one has ended, however that was."""
    from voila.app import main as voila

    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    voila(argv)


def _end_with(parent):
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
