"""A network namespace of Linux: this process, and all that it starts, on a machine whose only network is a loopback.

Besides the loopback there is one interface, to which all other addresses lead: whatever anybody sends there comes out of the
file that enter() returns, and goes nowhere. Nothing is installed for it: system calls and ioctls, as in netdevice(7),
rtnetlink's older sibling ioctl(SIOCADDRT) in route(8), unshare(2), user_namespaces(7), and the kernel's page on TUN:
https://docs.kernel.org/networking/tuntap.html
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys
import tempfile
from pathlib import Path

TUN = "/dev/net/tun"
NAME = b"outside"
ADDRESS = "198.18.0.1"
"""Ours on the interface, of a range that is for tests of networks (RFC 2544)."""

RESOLVER = "198.18.0.53"
"""Who is asked for names. Of the machine's own resolvers many are on loopback, where a question would not be seen."""

_NEW_MOUNTS, _NEW_USER, _NEW_NET = 0x00020000, 0x10000000, 0x40000000  # linux/sched.h
_PRIVATE, _RECURSIVE, _BIND = 1 << 18, 1 << 14, 1 << 12  # sys/mount.h
_GET_FLAGS, _SET_FLAGS, _SET_ADDRESS, _ADD_ROUTE = 0x8913, 0x8914, 0x8916, 0x890B  # linux/sockios.h
_SET_TUN, _IS_TUN, _BARE = 0x400454CA, 0x0001, 0x1000  # linux/if_tun.h: packets of IP, nothing before them
_UP = 1


def enter():
    """Leave the machine's network for good. Returns the file descriptor from which packets are read, one a time.

    To be called before there are threads. Raises OSError, with what is needed, where it is not possible.
    """
    if sys.platform != "linux":
        raise OSError("only Linux has network namespaces")
    if not os.access(TUN, os.R_OK | os.W_OK):
        raise OSError(f"{TUN} cannot be opened: be root, or modprobe tun (in a container: --device {TUN})")
    _unshare()
    _resolve_elsewhere()
    tun = os.open(TUN, os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(tun, _SET_TUN, struct.pack("16sH14x", NAME, _IS_TUN | _BARE))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ask:
        fcntl.ioctl(ask, _SET_ADDRESS, struct.pack("16s16s8x", NAME, _address(ADDRESS)))
        for name in (b"lo", NAME):
            flags = struct.unpack("16sH14x", fcntl.ioctl(ask, _GET_FLAGS, struct.pack("16sH14x", name, 0)))[1]
            fcntl.ioctl(ask, _SET_FLAGS, struct.pack("16sH14x", name, flags | _UP))
        # struct rtentry of linux/route.h: everywhere is reached through this interface
        everywhere, device = _address("0.0.0.0"), ctypes.create_string_buffer(NAME)
        route = struct.pack(
            "@L16s16s16sHhLPhPLLH", 0, *[everywhere] * 3, _UP, 0, 0, 0, 0, ctypes.addressof(device), 0, 0, 0
        )
        fcntl.ioctl(ask, _ADD_ROUTE, route)
    if socket.has_ipv6 and Path("/proc/net/if_inet6").exists():
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as ask:
            ours = socket.inet_pton(
                socket.AF_INET6, "2001:db8::1"
            )  # RFC 3849: for documentation; of 0 bits, so a route, too
            fcntl.ioctl(ask, _SET_ADDRESS, struct.pack("16sIi", ours, 0, socket.if_nametoindex(NAME.decode())))
    os.set_blocking(tun, False)
    return tun


def _unshare():
    user, group = os.getuid(), os.getgid()
    _call("unshare", _NEW_NET | _NEW_MOUNTS | (_NEW_USER if user else 0))
    if user:  # who is not root is, in a user namespace of its own, until the next program is started
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _resolve_elsewhere():
    if RESOLVER in Path("/etc/resolv.conf").read_text():  # one fence stands in another
        return
    _call("mount", None, b"/", None, _PRIVATE | _RECURSIVE, None)
    with tempfile.NamedTemporaryFile("w", prefix="resolv-") as file:
        file.write(f"nameserver {RESOLVER}\noptions timeout:1 attempts:1\n")
        file.flush()
        os.chmod(file.name, 0o644)
        _call("mount", file.name.encode(), b"/etc/resolv.conf", None, _BIND, None)


def _address(text):
    return struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(text))


def _call(name, *arguments):
    wrapped = [ctypes.c_ulong(each) if isinstance(each, int) else each for each in arguments]
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*wrapped):
        number = ctypes.get_errno()
        said = f"{name}: {os.strerror(number)}; be root, in a container with CAP_SYS_ADMIN, or allow user namespaces"
        raise OSError(number, f"{said} (sysctl kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu)")
