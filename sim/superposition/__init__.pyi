from .flow import simulate
from .many import descents, ends
from .plateaus import falls

__all__ = ["descents", "ends", "falls", "simulate"]
