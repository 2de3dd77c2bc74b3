"""Whether a cluster's master, or a Connect server, is there: asked before Spark is started, which would take minutes."""

import re
import socket

from ..errors import SleighError

MASTER = "SLEIGH_MASTER"
"""The variable that names the cluster: spark://HOST:PORT, or sc://HOST:PORT for a Connect server that is there."""

TIMEOUT = 5
"""Seconds until an address that does not answer is given up."""


def addresses(url, scheme):
    """[(host, port)] of spark://HOST:PORT[,HOST:PORT], or of sc://HOST:PORT/;token=... Raises SleighError for another."""
    parts = re.fullmatch(rf"{scheme}://([^/;]+)({'' if scheme == 'spark' else '/.*'})?", url.strip())
    found = [_ADDRESS.fullmatch(part) for part in parts[1].split(",")] if parts else [None]
    if not all(one and 0 < int(one[2]) < 65536 for one in found):
        raise SleighError(
            f"{MASTER}={shown(url)} is no cluster: write spark://HOST:7077, or sc://HOST:15002 for a Connect server"
        )
    return [(one[1].strip("[]"), int(one[2])) for one in found]


_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[\w.-]+):(\d{1,5})")


def shown(url):
    """`url` without what follows the address: a token is nobody's business."""
    return re.match(r"(\w+://)?[^/;?]*", url.strip())[0]


def own_address(url, scheme):
    """The address of this machine that the first of the masters which answer sees. Raises SleighError if none answers."""
    said = None
    for host, port in addresses(url, scheme):
        try:
            with socket.create_connection((host, port), timeout=TIMEOUT) as connection:
                return connection.getsockname()[0]
        except OSError as error:
            said = error.strerror or str(error) or type(error).__name__
    raise SleighError(f"nobody answers at {MASTER}={shown(url)} ({said}): is it started, and is that its address?")
