"""The page's server: on this machine alone, for whoever has its address, and for nothing but what it has.

Who may ask
-----------
It listens on 127.0.0.1. The first part of a path is a token of 32 random letters, compared in constant time; without it
there is nothing. The Host header has to name this machine, so that no page of elsewhere gets at it under a name of its
own (DNS rebinding). It answers GET; files are those of a literal table, and run files those that were named.
"""

from __future__ import annotations

import errno
import hmac
import http.server
import importlib.resources
import importlib.util
import json
import secrets
import urllib.parse
from collections.abc import Sequence
from pathlib import Path

from ..base.errors import LayoutError, OutputError, XbarsimError
from .answers import Answers

LOOPBACK = "127.0.0.1"
_HOSTS = ("127.0.0.1", "localhost")  # any port: it may be forwarded
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_PAGES = {
    "": "index.html",
    "style.css": "style.css",
    **{name: name for name in ("page.js", "maps.js", "charts.js", "talk.js", "colours.js", "run.js")},
}
_PLOTLY = "plotly.js"

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Plotly writes style sheets as it goes; scripts come from here alone."""


def plotly_bundle() -> Path:
    """The JavaScript that the package plotly ships.

    Raises
    ------
    XbarsimError
        If it is not installed.
    """
    found = importlib.util.find_spec("plotly")  # not imported: only its file is wanted
    places = list(found.submodule_search_locations or ()) if found is not None else []
    path = Path(places[0], "package_data", "plotly.min.js") if places else None
    if path is None or not path.is_file():
        raise XbarsimError(
            "expected plotly, whose JavaScript draws the page's curves, found none; install it with: "
            "pip install 'xbarsim[view]'"
        )
    return path


class Server(http.server.ThreadingHTTPServer):
    """Serves the page of one or two runs.

    Parameters
    ----------
    paths : sequence of Path
        Run files.
    port : int
        0: any that is free.

    Attributes
    ----------
    url : str
        Where the page is; who has it may look.

    Raises
    ------
    XbarsimError
        If a file is no run file, the port is taken, or Plotly is not installed.
    """

    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, paths: Sequence[Path], *, port: int = 0) -> None:
        if not 0 <= port < 65536:
            raise LayoutError(
                f"--port: expected a number from 0 to 65535, got {port}; leave it out for any that is free"
            )
        self.plotly = plotly_bundle()
        self.token = secrets.token_urlsafe(24)
        self.answers = Answers(paths)
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except OSError as error:
            self.answers.close()
            why = "another program has it" if error.errno == errno.EADDRINUSE else str(error.strerror)
            raise OutputError(
                f"--port {port}: expected a port that is free, but {why}; choose another, or leave it out"
            ) from None

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.server_address[1]}/{self.token}/"

    def server_close(self) -> None:
        """Close the socket, the files and all threads."""
        super().server_close()
        self.answers.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that goes away is nobody's error."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else head and body wait for each other, 40 ms
    server_version, sys_version = "xbarsim", ""
    timeout = 60.0

    def do_GET(self) -> None:
        """Answer."""
        host = self.headers.get("Host", "").lower().rpartition(":")
        if (host[0] or host[2]) not in _HOSTS:
            return self._refuse(403, "this page is for this machine alone: open it under 127.0.0.1")
        parts = urllib.parse.urlsplit(self.path)
        _, _, rest = parts.path.partition("/")
        token, slash, name = rest.partition("/")
        if not slash or not hmac.compare_digest(token.encode(), self.server.token.encode()):
            return self._refuse(404, "nothing here: open the address that xbarsim view has printed, all of it")
        if name == _PLOTLY:
            return self._send(self.server.plotly.read_bytes(), "text/javascript", kept=True)
        if name in _PAGES:
            file = _PAGES[name]
            page = importlib.resources.files(__package__).joinpath("page", file)
            return self._send(page.read_bytes(), _TYPES[Path(file).suffix])
        try:
            asked = dict(urllib.parse.parse_qsl(parts.query, max_num_fields=20))
            answer = self.server.answers.of(name, asked)
        except (XbarsimError, ValueError) as error:
            return self._refuse(400, str(error))
        if answer is None:
            return self._refuse(404, "nothing of this name")
        return self._send(answer, "application/octet-stream")

    def _send(self, body: bytes, kind: str, *, status: int = 200, kept: bool = False) -> None:
        self.send_response(status)
        headers = {**_HEADERS, "Cache-Control": "private, max-age=3600"} if kept else _HEADERS
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind if "octet" in kind else f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: int, text: str) -> None:
        self.close_connection = True
        self._send(json.dumps({"error": text}).encode(), "application/json", status=status)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Of other methods, and of what is no HTTP: as short as the rest."""
        self._refuse(405 if code == 501 else code, message or "GET only")

    def log_message(self, *said: object) -> None:
        """Nothing is written of who asks for what: the token is in it."""
