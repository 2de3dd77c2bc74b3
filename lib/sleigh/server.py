"""The dashboard as a page: Voila on this machine only, behind a token, in a process of its own that ends with its parent.

python -m sleigh.server NOTEBOOK        what start() starts
"""

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
from pathlib import Path

from . import profile
from .errors import SleighError

PAGE = Path(__file__).parent / "page" / "dashboard.ipynb"
FIRST_PORT = 8866
STARTS_WITHIN = 60
"""Seconds that Voila has to answer."""


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
    token, port = secrets.token_urlsafe(24), free_port(port)
    log = profile.ROOT / "build" / "voila.log"
    log.parent.mkdir(exist_ok=True)
    # In a file of the user's own, not on the command line: that is there to read for every user of the machine.
    config = Path(tempfile.mkdtemp(prefix="sleigh-"))
    (config / "voila.json").write_text(json.dumps(_config(token, port, theme)))
    environment = {
        "JUPYTER_CONFIG_PATH": str(config),
        "JUPYTER_PATH": str(PAGE.parent),  # where the page's template is
        "SLEIGH_LAKE": str(lake),
        "SLEIGH_EVERY": str(every),
        "PYTHONPATH": str(profile.ROOT / "lib"),
    }
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "sleigh.server", str(PAGE)],
            env=os.environ | environment,
            cwd=PAGE.parent,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we stop it when its turn comes
        )
    try:
        _wait_for(process, port, log)
    except BaseException:
        stop(process)
        raise
    finally:
        shutil.rmtree(config)
    return process, f"http://127.0.0.1:{port}/?token={token}"


def _config(token, port, theme):
    return {
        "Voila": {"ip": "127.0.0.1", "port": port, "port_retries": 0, "open_browser": False, "token": token},
        "KernelManager": {"transport_encryption": "auto"},
        "VoilaConfiguration": {"theme": theme, "template": "offline"},
        # A page that was closed leaves its kernel behind.
        "MappingKernelManager": {"cull_interval": 30, "cull_idle_timeout": 120},
    }


def _wait_for(process, port, log):
    for _ in range(STARTS_WITHIN * 4):
        if process.poll() is not None:
            last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise SleighError(f"the dashboard's page did not start: {last[0]}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.25)
    raise SleighError(f"the dashboard's page did not answer within {STARTS_WITHIN} s: see {log.name} in build/")


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
