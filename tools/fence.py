"""Nothing leaves this machine, and nobody else is let in: watched while a command runs, or while tests do.

    python tools/fence.py make run        runs `make run` without a network; says who was asked, and fails if any was
    python -m pytest -p fenced tests      the same for each test, by name (fenced.py)

Whatever runs has a loopback and nothing else (namespace.py), so it succeeds only if it needs no more. That something was
merely *tried*, a look-up of a name say, is seen as well; and so is a socket that other machines could connect to, if there
was a network.
"""

import os
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import namespace

LOOK_SECONDS = 0.25
"""Between two looks at who listens."""

_PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 58: "icmp6"}
_LISTENS = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
"""File of /proc/net -> the state of a socket that takes what comes; of UDP it is every one that has no other end."""


def possible():
    """Why there can be no fence on this machine, one line; None if there can be one. Tried by a process of its own."""
    tried = subprocess.run([sys.executable, __file__, "true"], capture_output=True, text=True)
    return None if tried.returncode == 0 else (tried.stderr.strip().splitlines() or ["it failed"])[-1]


class Fence:
    """Around this process from now on, and all that it starts. take() says what was seen since it was last called."""

    def __init__(self):
        self._tun, self._seen, self._open, self._lock = namespace.enter(), [], set(), threading.Lock()
        threading.Thread(target=self._watch, name="fence", daemon=True).start()

    def take(self):
        """The lines of what was seen since the last call, each once; a socket that stays open is told of once."""
        with self._lock:
            self._look()
            seen, self._seen = self._seen, []
        return list(dict.fromkeys(seen))

    def _look(self):
        with suppress(BlockingIOError):  # there is no more; until they are read, the kernel keeps 500
            while True:
                line = told(os.read(self._tun, 65536))
                self._seen += [f"sent: {line}"] if line else []
        for where, inode in listeners().items():
            if where not in self._open:
                self._open.add(where)
                self._seen.append(f"open to others: {where} of {_owner(inode)}")

    def _watch(self):
        while True:
            time.sleep(LOOK_SECONDS)
            with self._lock:
                self._look()


def told(packet):
    """What a packet of IP is and where it was to go, such as "udp 198.18.0.53:53 example.org"; None for the kernel's own."""
    if packet[0] >> 4 == 4:
        kind, target, rest = packet[9], ip_address(packet[16:20]), packet[4 * (packet[0] & 15) :]
    else:
        kind, target, rest = packet[6], ip_address(packet[24:40]), packet[40:]
        if kind == 0:  # options for each hop, of which the kernel's reports of groups have some
            kind, rest = rest[0], rest[8 * (rest[1] + 1) :]
        if kind == 58 and target.is_multicast:  # an interface that has come up looks for routers and neighbours
            return None
    name = _PROTOCOLS.get(kind, f"protocol {kind}")
    if kind not in (6, 17) or len(rest) < 8:
        return f"{name} {target}"
    port = struct.unpack("!H", rest[2:4])[0]
    asked = f" {_question(rest[8:])}" if (kind, port) == (17, 53) else ""
    where = f"[{target}]" if target.version == 6 else target
    return f"{name} {where}:{port}{asked}"


def _question(query):
    """The name that a DNS query asks for (RFC 1035, 4.1.2)."""
    labels, place = [], 12
    while place < len(query) and query[place]:
        labels.append(query[place + 1 : place + 1 + query[place]].decode("ascii", "replace"))
        place += 1 + query[place]
    return ".".join(labels)


def listeners():
    """{protocol, address and port: inode} of the sockets that take what comes from other machines."""
    found = {}
    for kind, state in _LISTENS.items():
        with suppress(OSError):
            for row in Path("/proc/net", kind).read_text().splitlines()[1:]:
                _, local, remote, its, *_, inode = row.split()[:10]
                if its == state and int(remote.split(":")[0], 16) == 0 and not _loopback(local):
                    found[f"{kind} {_written(local)}"] = inode
    return found


def _bytes(local):
    """The address of a row: in words of 32 bits, each as this machine writes numbers (proc(5))."""
    words = local.split(":")[0]
    return b"".join(struct.pack("=L", int(words[at : at + 8], 16)) for at in range(0, len(words), 8))


def _loopback(local):
    address = ip_address(_bytes(local))
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _written(local):
    family = socket.AF_INET if len(_bytes(local)) == 4 else socket.AF_INET6
    return f"{socket.inet_ntop(family, _bytes(local))} port {int(local.split(':')[1], 16)}"


def _owner(inode):
    """The command line of the process that has the socket."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"socket:[{inode}]" in [os.readlink(file) for file in (process / "fd").iterdir()]:
                return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:120].strip()
    return "a process that has gone"


def main(argv):
    """Run the command `argv` behind the fence. Its exit code, 3 if something was seen, 2 if there can be no fence."""
    try:
        fence = Fence()
    except OSError as problem:
        print(f"fence: {problem.strerror or problem}", file=sys.stderr)
        return 2
    code = subprocess.run(argv).returncode
    seen = fence.take()
    for line in seen:
        print(f"fence: {line}", file=sys.stderr)
    print(f"fence: {'nothing left this machine' if not seen else f'{len(seen)} seen'}", file=sys.stderr)
    return code or (3 if seen else 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
