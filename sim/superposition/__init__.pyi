from .flow import simulate
from .many import descents
from .plateaus import falls

__all__ = ["descents", "falls", "simulate"]
