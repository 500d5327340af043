"""The transformations: jit, grad and the other maps from Python functions to Python functions."""
