"""The page as a document: our own style sheet and script, and the stages as JSON, in one file."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .data import page_data

if TYPE_CHECKING:
    from ..inspection import Inspection
    from ..profile import Profile

#: The scripts, in the order in which they are run, as one.
SCRIPTS = ("model", "colour", "pane", "picture", "trace", "find", "layout", "keys", "main")

#: Nothing is loaded and nothing else is run: scripts and styles are those with these hashes. A page that is
#: served may ask its server whether there is a newer one.
POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src data:; connect-src {connect}; "
    "base-uri 'none'; form-action 'none'"
)


def document(inspection: Inspection, profile: Profile | None = None, live: int = 0) -> str:
    """The page as text.

    profile  times that it shows instead of estimates
    live     its number, where it asks the server that it came from for a newer one
    """
    return rendered(page_data(inspection, profile) | {"live": live})


def rendered(data: dict[str, Any]) -> str:
    """The page of what `page_data` gives."""
    style = _part("page.css")
    script = "(() => {\n" + "\n".join(_part(f"{name}.js") for name in SCRIPTS) + "})();\n"
    connect = "'self'" if data["live"] else "'none'"
    policy = POLICY.format(script=_hash(script), style=_hash(style), connect=connect)
    title = escape(f"{data['name']} · jitad")
    parts = {"policy": policy, "title": title, "style": style, "data": as_json(data), "script": script}
    pieces = _part("page.html").split("⟦")
    out = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("⟧")
        out += [parts[name], rest]
    return "".join(out)


def as_json(data: Any) -> str:
    """JSON that ends no script element, whatever its strings are."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
