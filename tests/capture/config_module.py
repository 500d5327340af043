"""A user's module, whose names tests change."""

import numpy as np

SCALE = 2.0
TABLE = np.array([1.0, 2.0, 3.0])


def scaled(x):
    return SCALE * x * np.sqrt(TABLE)


class Settings:
    rate = 0.5
    weights = np.array([1.0, 2.0, 4.0])
