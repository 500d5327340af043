"""The computational graph as a picture: of a program, of its derivative, and step by step."""

from .accumulation import Accumulation, accumulation
from .model import Box, Edge, Graph, Node, graph_of

__all__ = ["Accumulation", "Box", "Edge", "Graph", "Node", "accumulation", "graph_of"]
