"""Serves the explorer to browsers on this machine, and to no page from elsewhere."""

import json
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from theory.common.arguments import ArgumentError
from validation.explorer import page, scenes

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
FLOW = {"n": int, "m": int, "l1": float, "seed": int}
ARROWS = {"n": int, "p": float, "seed": int}
KINDS: dict[str, tuple[Callable[..., dict[str, Any]], Mapping[str, type]]] = {
    "/flow": (scenes.flow, FLOW),
    "/arrows": (scenes.arrows, ARROWS),
}
LONGEST = 1000  # characters of a request's path


class Explorer(ThreadingHTTPServer):
    """The server; `address` is where it is."""

    daemon_threads = True

    def __init__(self, shown: list[dict[str, Any]], port: int = 0) -> None:
        super().__init__((HOST, port), _Handler)
        self.page = page.page(shown, served=True).encode()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that has gone; anything else is a bug."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        """Return where a browser finds it."""
        return f"http://{HOST}:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: Explorer
    server_version, sys_version = "polysem", ""

    def do_GET(self) -> None:  # as http.server has it
        """Answer with the page or a scene, or refuse in one line."""
        if not self._from_here():
            return self._refuse("Host and Origin must be this machine", HTTPStatus.FORBIDDEN)
        asked = urlsplit(self.path[:LONGEST])
        if asked.path == "/":
            return self._send(self.server.page, "text/html; charset=utf-8")
        if asked.path not in KINDS:
            return self._refuse(f"path must be /, {' or '.join(KINDS)}", HTTPStatus.NOT_FOUND)
        make, settings = KINDS[asked.path]
        try:
            scene = make(**_read(asked.query, settings))
        except ArgumentError as error:
            return self._refuse(_as_typed(str(error)), HTTPStatus.BAD_REQUEST)
        return self._send(json.dumps(scene).encode(), "application/json")

    def _from_here(self) -> bool:
        """Say whether the page that asks is ours: others could be led here by a name of their own."""
        own = [f"{name}:{self.server.server_port}" for name in NAMES]
        origin = self.headers.get("Origin")
        return self.headers.get("Host") in own and (
            origin is None or origin in [f"http://{name}" for name in own]
        )

    def _refuse(self, line: str, status: HTTPStatus) -> None:
        self._send(f"{line}\n".encode(), "text/plain; charset=utf-8", status)

    def _send(self, content: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(content))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing: a terminal is for what goes wrong."""


def _read(query: str, settings: Mapping[str, type]) -> dict[str, Any]:
    """Return the settings in a query, all of which must be there, and no others."""
    given = dict(parse_qsl(query, keep_blank_values=True))
    for name in (*settings, *given):
        if name not in settings or name not in given:
            raise ArgumentError(
                f"settings must be {', '.join(settings)}, got {', '.join(given)[:60] or 'none'}"
            )
    read = {}
    for name, kind in settings.items():
        try:
            read[name] = kind(given[name])
        except ValueError:
            wanted = "a whole number" if kind is int else "a number"
            raise ArgumentError(f"{name} must be {wanted}, got {given[name][:60]!r}") from None
    return read


def _as_typed(line: str) -> str:
    return line.replace("n_features", "n", 1).replace("n_neurons", "m", 1).replace("probability", "p", 1)
