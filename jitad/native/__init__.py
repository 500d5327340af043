"""LLVM text to callables: compile and link, Python entry points, the general call path."""
