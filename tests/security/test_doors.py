"""The page of `sleigh live` and JupyterLab: on this machine only, for whoever has the token, under their own names."""

import http.client
import json
import re
import stat
import uuid
from urllib.parse import parse_qs, urlsplit

import helpers
import psutil
import pytest
from sleigh.paths import ROOT

NOBODY = uuid.UUID(int=0)
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "c2FudGEncyBsYWtlaG91c2U=",
}
PATHS = {
    "page": ("", "voila/render/dashboard.ipynb", "api/kernels", f"api/kernels/{NOBODY}"),
    "lab": (
        "lab",
        "api/contents",
        "api/kernels",
        "api/terminals",
        "api/sessions",
        "api/kernelspecs",
        "files/mine",
        "tree",
    ),
}
SOCKETS = {
    "page": (f"api/kernels/{NOBODY}/channels",),
    "lab": (f"api/kernels/{NOBODY}/channels", "terminals/websocket/1", "api/events/subscribe", "lsp/ws/pylsp"),
}
OPENS = {"page": (f"api/kernels/{NOBODY}", 404), "lab": ("api/kernels", 200)}
"""What is asked with the token, and answered so: Voila says of a kernel that it is not there to those who may know."""

WHO = sorted(PATHS)


class Door:
    """One of the two, its process and how to knock at it."""

    def __init__(self, process, address, notes):
        self.process, self.notes = psutil.Process(process.pid), notes
        parts = urlsplit(address)
        self.port, self.token = parts.port, parse_qs(parts.query)["token"][0]

    def knock(self, path, token=None, method="GET", body=None, **headers):
        """(status, headers, the first bytes) of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        given = {} if token is None else {"Authorization": f"token {token}"}
        try:
            connection.request(method, f"/{path}", body, given | headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read(100_000) if answer.status != 101 else b""
        finally:
            connection.close()

    def everyone(self):
        return [self.process, *self.process.children(recursive=True)]


@pytest.fixture(scope="module")
def doors(page, lab):
    """Both, each with a kernel that runs, whose ports are looked at, too."""
    found = {"page": Door(*page), "lab": Door(*lab)}
    status, *_ = found["lab"].knock("api/kernels", found["lab"].token, "POST", json.dumps({"name": "python3"}))
    assert status == 201
    assert found["page"].knock("", found["page"].token)[0] == 200  # Voila starts a kernel for each page
    for door in found.values():
        helpers.wait_for(lambda door=door: any("ipykernel" in " ".join(each.cmdline()) for each in door.everyone()))
    return found


@pytest.mark.parametrize("who", WHO)
def test_with_the_token_it_opens(doors, who):
    path, status = OPENS[who]
    assert doors[who].knock(path, doors[who].token)[0] == status


@pytest.mark.parametrize("token", [None, "", "wrong", "TOKEN-UPSIDE-DOWN"])
@pytest.mark.parametrize("who", WHO)
def test_without_it_or_with_another_it_does_not(doors, who, token):
    door = doors[who]
    token = door.token[::-1] if token == "TOKEN-UPSIDE-DOWN" else token
    for path in PATHS[who]:
        status, headers, said = door.knock(path, token)
        login = status == 302 and headers["Location"].startswith("/login?")
        assert login or status in (403, 404, 405), (path, status)
        assert b"rendered_cells" not in said and door.token.encode() not in said
    assert any(door.knock(path, token)[0] in (302, 403) for path in PATHS[who])
    for path in SOCKETS[who]:
        assert door.knock(path, token, **UPGRADE)[0] in (302, 403, 404), path
    assert door.knock("api/kernels", token, "POST", "{}")[0] in (302, 403, 404, 405)


@pytest.mark.parametrize("who", WHO)
def test_a_page_whose_name_was_made_to_lead_here_is_sent_away(doors, who):
    """DNS rebinding: a browser that was led astray sends the stranger's name, and even a token does not help it."""
    door = doors[who]
    for path in PATHS[who]:
        assert door.knock(path, door.token, Host="santa.example.org")[0] == 403, path
        assert door.knock(path, door.token, Host=f"127.0.0.1.example.org:{door.port}")[0] == 403, path
    for path in SOCKETS[who]:
        assert door.knock(path, door.token, Host="santa.example.org", **UPGRADE)[0] in (403, 404), path
    path, status = OPENS[who]
    assert door.knock(path, door.token, Host=f"localhost:{door.port}")[0] == status


@pytest.mark.parametrize("who", WHO)
def test_every_port_of_it_and_of_its_kernels_is_this_machine_s(doors, who):
    mine = [(each.pid, socket) for each in doors[who].everyone() for socket in each.net_connections("inet")]
    listening = [(pid, socket.laddr) for pid, socket in mine if socket.status == psutil.CONN_LISTEN or not socket.raddr]
    assert len({pid for pid, _ in listening}) >= 2, "the server and a kernel"
    assert {address.ip for _, address in listening} <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("who", WHO)
def test_the_token_is_where_nobody_else_can_read_it(doors, who):
    door = doors[who]
    assert not any(door.token in word for each in door.everyone() for word in each.cmdline())
    assert any(
        door.token.encode() in each.read_bytes()
        for folder in door.notes
        for each in folder.rglob("*.*")
        if each.is_file()
    )
    open_to_others = [
        path for folder in door.notes for path in folder.rglob("*") if path.is_file() and reached(path, folder)
    ]
    assert not [path for path in open_to_others if door.token.encode() in path.read_bytes()]


def reached(path, root):
    """Whether another user of this machine could read the file `path`, if there was a way to the folder `root`."""
    above = [each for each in path.parents if each == root or root in each.parents]
    through = all(each.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH) for each in above)
    return through and bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def test_no_address_with_a_token_is_committed():
    """Of a server that an author has run: outputs of notebooks, pictures of text, results, pages."""
    folders = ("notebooks", "solutions", "bench/results", "docs", "dashboards", "databricks")
    files = [
        path for folder in folders for path in (ROOT / folder).rglob("*.*") if path.suffix in (".ipynb", ".md", ".json")
    ]
    assert len(files) > 60
    assert not [path for path in files if re.search(rb"token=[\w-]{12}", path.read_bytes())]
