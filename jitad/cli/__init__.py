"""The command line, `python -m jitad COMMAND …`: each command is a module with `add` and `run`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import bench, cache, check, doctor, explain, explore, show
from .target import Refused

__all__ = ["main"]

#: The modules of the commands, in the order in which help shows them. `add(commands)` enters a parser whose
#: default `run` takes the options and returns the exit code.
COMMANDS = (show, explore, explain, check, bench, cache, doctor)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 what was to be compiled failed, 2 wrong use."""
    options = _parser().parse_args(argv)
    try:
        return options.run(options)
    except Refused as error:
        print(f"jitad: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if options.traceback:
            raise
        print(f"jitad: {type(error).__name__}: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jitad", description="See what jitad makes of a function."
    )
    parser.add_argument("--traceback", action="store_true", help="show where in Python an error arose")
    commands = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser
