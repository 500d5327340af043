"""`explore --serve`: the page at a local address, made anew when the file or one beside it has changed."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

from .target import Refused

Stamp = tuple[tuple[str, int], ...]

#: Shown while there is no page; asks again each second.
_FAILED = """<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="1"><link rel="icon" href="data:,"><title>jitad: not compiled</title>
<body style="font: 15px/1.5 monospace; margin: 2em; max-width: 60em"><h1>Not compiled</h1>
<pre style="white-space: pre-wrap">{}</pre><p>This page shows the result when the file has changed.</p>
"""


class Pages:
    """The page of the files as they are.

    make   makes the page of a number, UTF-8
    stamp  differs when a file has changed
    """

    def __init__(self, make: Callable[[int], bytes], stamp: Callable[[], Stamp]) -> None:
        self.make, self.stamp = make, stamp
        self.lock = threading.Lock()
        self.made: Stamp | None = None
        self.number = 0
        self.text = b""

    def current(self) -> tuple[int, bytes]:
        """The number of the page, counted from 1, and the page."""
        with self.lock:
            if self.made != (stamp := self.stamp()):
                self.text = self.make(self.number + 1)
                self.made, self.number = stamp, self.number + 1
            return self.number, self.text


class Handler(BaseHTTPRequestHandler):
    """`/`: the page; `/version`: its number, by which a page finds out that there is a newer one."""

    def __init__(self, pages: Pages, *rest) -> None:
        self.pages = pages
        super().__init__(*rest)

    def do_GET(self) -> None:
        host = self.headers.get("Host", "").partition(":")[0]
        if host not in ("127.0.0.1", "localhost"):  # another site's name for this address
            self.send_error(403)
        elif self.path == "/":
            self.answer(self.pages.current()[1], "text/html; charset=utf-8")
        elif self.path == "/version":
            self.answer(str(self.pages.current()[0]).encode(), "text/plain")
        else:
            self.send_error(404)

    def answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args) -> None:
        pass


class Server(ThreadingHTTPServer):
    """A page that is reloaded drops its last question, which is no error."""

    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def serve(options: argparse.Namespace) -> int:
    """Serve the page that the options of `explore` name, until Ctrl-C."""
    pages = Pages(partial(_page, _command(options)), partial(_stamp, _file(options.target)))
    try:
        server = Server(("127.0.0.1", options.port), partial(Handler, pages))
    except (OSError, OverflowError) as error:
        raise Refused(f"port {options.port} cannot be used: {error}") from None
    print(f"http://127.0.0.1:{server.server_address[1]}/  (Ctrl-C ends)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()
    return 0


def _command(options: argparse.Namespace) -> list[str]:
    """`explore` in a process of its own: no module of an earlier state of the files is left."""
    command = [sys.executable, "-m", "jitad", "explore", options.target, f"--args={options.args}"]
    command.append(f"--mode={options.mode}")
    return command if options.wrt is None else [*command, f"--wrt={options.wrt}"]


def _page(command: list[str], number: int) -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "page.html"
        command = [*command, f"--live={number}", f"--output={path}"]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if path.is_file():
            return path.read_bytes()
    return _FAILED.format(escape(done.stderr.strip() or f"exit code {done.returncode}")).encode()


def _file(target: str) -> Path:
    place, _, name = target.rpartition(":")
    if not place or not name:
        raise Refused(f"{target!r} is not of the form file.py:function")
    if place.endswith(".py"):
        path = Path(place)
    else:
        sys.path.insert(0, "")
        try:
            spec = find_spec(place)
        except (ImportError, ValueError):
            spec = None
        if spec is None or spec.origin is None:
            raise Refused(f"there is no module {place}")
        path = Path(spec.origin)
    if not path.is_file():
        raise Refused(f"there is no file {path}")
    return path


def _stamp(path: Path) -> Stamp:
    """The modules beside a file, and when each was written."""
    found = []
    for module in sorted(path.resolve().parent.glob("*.py")):
        try:
            found.append((module.name, module.stat().st_mtime_ns))
        except OSError:  # an editor is replacing it
            found.append((module.name, 0))
    return tuple(found)
