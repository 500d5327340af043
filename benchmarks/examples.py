"""The programs of examples/ as modules, also in JAX's spelling."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

EXAMPLES = Path(__file__).parent.parent / "examples"

# What a line of an example becomes when JAX is to run it.
FOR_JAX = {
    "import numpy as np": "import jax.numpy as np",
    "from scipy.special import erf": "from jax.scipy.special import erf",
    "from scipy.special import gammaln": "from jax.scipy.special import gammaln",
    "slot[rows, columns] = np.arange(len(rows))": "slot = slot.at[rows, columns].set(np.arange(len(rows)))",
}


def read(example: str, changes: dict[str, str]) -> ModuleType:
    """Return an example as a module after replacing lines of its source."""
    if str(EXAMPLES) not in sys.path:
        sys.path.insert(0, str(EXAMPLES))  # examples import each other
    source = (EXAMPLES / f"{example}.py").read_text(encoding="utf-8")
    for line, replacement in changes.items():
        source = source.replace(line, replacement)
    module = ModuleType(f"{example}_changed" if changes else example)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(source, str(EXAMPLES / f"{example}.py"), "exec"), module.__dict__)
    return module
