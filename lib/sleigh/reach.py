"""The network, where set-up needs it: fetches a file, and says in one line why it cannot, and what to type.

    python3 -m sleigh.reach https://pypi.org/simple/        why that is not reached; nothing, and exit code 0, if it is

The proxy is that of the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or the system's; certificates are the system's,
those of SSL_CERT_FILE, and Mozilla's where certifi is installed (a Python from python.org for macOS has none of its own).
"""

import http.client
import re
import shutil
import ssl
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from .errors import SleighError, first_line

PATIENCE_SECONDS = 30
"""How long a server may say nothing."""

PAGE = "(docs/start.md)"
"""Where it stands how."""


def fetch(url, target):
    """Write what is at `url` into the file `target`. Raises SleighError if that cannot be had."""
    try:
        with _opened(url) as answer, open(target, "wb") as file:
            shutil.copyfileobj(answer, file)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SleighError(why(error, url)) from None


def why(error, url):
    """What `error`, raised when `url` was asked for, comes down to: one line with what to type."""
    host, proxy = urlsplit(url).hostname, _proxy(url)
    reason = getattr(error, "reason", error)
    said = first_line(getattr(reason, "strerror", None) or reason, 120) or type(error).__name__
    refused = re.search(r"Tunnel connection failed: (\d+)", str(reason))
    code = int(refused[1]) if refused else getattr(error, "code", None)
    if code == 407:
        return f"the proxy {proxy} wants a name and a password: export HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT"
    if refused:
        return f"the proxy {proxy} lets nobody through to {host} ({said}): ask whoever runs it, or use a mirror {PAGE}"
    if code:
        return f"{host} answers {code} for {urlsplit(url).path}: try again later, or use a mirror {PAGE}"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return (
            f"{host} shows a certificate that is not known here ({reason.verify_message}), as behind a proxy that reads "
            "along: export SSL_CERT_FILE=/path/to/its-certificates.pem"
        )
    if isinstance(reason, OSError) and reason.filename:  # the file that it was to be written to
        return f"{said}: {reason.filename}"
    if proxy:
        return f"the proxy {proxy} does not answer ({said}): correct HTTPS_PROXY, or unset it"
    return f"{host} is not reached ({said}): connect to the network; behind a proxy export HTTPS_PROXY=http://HOST:PORT"


def _opened(url):
    context = ssl.create_default_context()
    try:
        import certifi
    except ImportError:
        pass
    else:
        context.load_verify_locations(cadata=certifi.contents())
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context)).open(url, timeout=PATIENCE_SECONDS)


def _proxy(url):
    """The proxy through which `url` is asked for, without the password in it; None if there is none."""
    parts = urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if not proxy or urllib.request.proxy_bypass(parts.hostname):
        return None
    return re.sub(r"//.*@", "//", proxy)


def main(argv):
    """Exit code 0 if the address is reached, 1 if not."""
    try:
        _opened(argv[0]).close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        print(why(error, argv[0]))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
