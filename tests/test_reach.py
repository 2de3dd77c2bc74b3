"""Why the network is not reached: one line for each reason, found out by really asking, on this machine alone."""

import http.server
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest
from sleigh import reach
from sleigh.errors import SleighError

FILE = b"a jar"


class Web(http.server.BaseHTTPRequestHandler):
    """A server, and a proxy: one that wants a password, or lets nobody through."""

    def do_GET(self):
        if "nowhere.example" in self.path:  # asked as a proxy
            assert self.path.startswith("http://nowhere.example/")
        self.send_response(404 if "missing" in self.path else 200)
        self.end_headers()
        self.wfile.write(FILE)

    def do_CONNECT(self):
        self.send_response(407 if "password" in self.path else 403)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    """The address of a Web."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def reason(url, tmp_path):
    with pytest.raises(SleighError) as said:
        reach.fetch(url, tmp_path / "file")
    assert "\n" not in str(said.value)
    return str(said.value)


def test_a_file_comes_also_through_a_proxy(web, tmp_path, monkeypatch):
    reach.fetch(f"{web}/file", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == FILE
    monkeypatch.setenv("HTTP_PROXY", web)
    reach.fetch("http://nowhere.example/file", tmp_path / "other")
    assert (tmp_path / "other").read_bytes() == FILE


def test_a_server_without_the_file(web, tmp_path):
    assert reason(f"{web}/missing", tmp_path).startswith("127.0.0.1 answers 404 for /missing: try again later")


def test_nobody_there(tmp_path, monkeypatch):
    said = reason("http://127.0.0.1:9/", tmp_path)
    assert said.startswith("127.0.0.1 is not reached (Connection refused): connect to the network; behind a proxy")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@127.0.0.1:9")
    said = reason("https://nowhere.example/", tmp_path)
    assert said == "the proxy http://127.0.0.1:9 does not answer (Connection refused): correct HTTPS_PROXY, or unset it"


def test_a_proxy_that_lets_nobody_through(web, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", web)
    assert reason("https://password.example/", tmp_path).startswith(
        f"the proxy {web} wants a name and a password: export"
    )
    said = reason("https://nowhere.example/", tmp_path)
    assert said.startswith(f"the proxy {web} lets nobody through to nowhere.example (Tunnel connection failed: 403")


@contextmanager
def tls_server(certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"https://localhost:{server.server_port}"
        server.shutdown()


def test_a_proxy_that_reads_along(tmp_path, monkeypatch):
    """Its certificate is its own; whoever knows it can say so."""
    own = tmp_path / "own.pem"
    own.write_text(OWN)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with tls_server(own) as address:
        said = reason(f"{address}/file", tmp_path)
        assert said.startswith(
            "localhost shows a certificate that is not known here (self-signed certificate), as behind"
        )
        assert said.endswith(": export SSL_CERT_FILE=/path/to/its-certificates.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        reach.fetch(f"{address}/file", tmp_path / "file")


def test_a_name_that_nobody_knows(tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", _no_name_service)
    assert reason("https://repo.example/", tmp_path).startswith(
        "repo.example is not reached (Name or service not known)"
    )


def _no_name_service(*_, **__):
    raise socket.gaierror(-2, "Name or service not known")


def test_a_file_that_cannot_be_written(web, tmp_path):
    with pytest.raises(SleighError, match=r"^No such file or directory: .*/nowhere/file$"):
        reach.fetch(f"{web}/file", tmp_path / "nowhere" / "file")


def test_as_a_command(web, capsys):
    assert reach.main([web]) == 0 and capsys.readouterr().out == ""
    assert reach.main([f"{web}/missing"]) == 1 and capsys.readouterr().out.startswith("127.0.0.1 answers 404")


# Of localhost, for a hundred years, signed by itself, secret to nobody.
OWN = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggC0zkaE51kSdW9Ck
o8sGOqLOVAU5kGxTc6WjGC4i08+hRANCAATnpjks1K/oebYgrIaLP/oCeFO1XWJN
tUrRDhyBWjSHtRLEeFB0zAnkAUbPdwFmGUNYViqDNYRciirx1fqjRgEt
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUI8+lFi0JvRT7p/vzR8YNqZ/G2sEwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNjIzMTYwNloYDzIxMjYxMTAy
MjMxNjA2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATnpjks1K/oebYgrIaLP/oCeFO1XWJNtUrRDhyBWjSHtRLEeFB0zAnk
AUbPdwFmGUNYViqDNYRciirx1fqjRgEto2kwZzAdBgNVHQ4EFgQUy1ExOJOzBvLE
7EzeB02A14DLEO8wHwYDVR0jBBgwFoAUy1ExOJOzBvLE7EzeB02A14DLEO8wDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIgJW6wLTczzDZs2+4hvP+GsoepzDaXLIMyNS3X1ENZxB0CIQDo37mjZNdY
irfyvlBLytZgQZeILlbNqk2VR11ki4Dj5Q==
-----END CERTIFICATE-----
"""
