"""Benchmarks against the targets of the project and against its peers: `python -m benchmarks [case ...]`."""
