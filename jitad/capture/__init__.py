"""Capture: run a Python function on traced values and record what it computes."""
