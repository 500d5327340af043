"""`cache`: machine code on disk, what there is of it, and its removal."""

from __future__ import annotations

import argparse
import json

from ..inspection.amounts import count
from ..native import store
from . import target


def add(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("cache", help="machine code kept on disk: info, clear")
    parser.add_argument("what", choices=("info", "clear"))
    target.add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    info = store.info()
    where = None if info.directory is None else str(info.directory)
    try:
        removed = store.clear() if options.what == "clear" else None
    except OSError as error:
        raise target.Refused(f"{error.filename} cannot be removed: {error.strerror}") from None
    if options.json:
        found = {"directory": where, "entries": info.entries, "bytes": info.nbytes}
        print(json.dumps(found if removed is None else {"directory": where, "removed": removed}))
    elif where is None:
        print("nothing is kept on disk: JITAD_CACHE=0")
    elif removed is None:
        print(f"{where}: {info.entries} entries, {count(info.nbytes, 'B')}")
    else:
        print(f"{where}: {removed} entries removed")
    return 0
