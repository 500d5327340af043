"""What is compiled, as it happens: JITAD_LOG=compile prints it, and `logging` has it as "jitad.compile"."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

from .cacheinfo import VersionInfo

if TYPE_CHECKING:
    from .version import Version

_logger = logging.getLogger("jitad.compile")


def wanted() -> bool:
    """Whether JITAD_LOG asks for it: a list of names, separated by commas, of which there is one."""
    return "compile" in os.environ.get("JITAD_LOG", "").split(",")


def report(version: Version) -> None:
    """Tell of a version that has just been compiled."""
    if not wanted() and not _logger.isEnabledFor(logging.INFO):
        return
    e = VersionInfo.of(version)
    text = (
        f"compiled {version.program.fn.name}({e.arguments}) in {e.seconds:.3f} s ({e.spent} %), "
        f"{e.code} bytes of code: {e.reason}"
    )
    _logger.info(text)
    if wanted():
        print(f"jitad: {text}", file=sys.stderr)
