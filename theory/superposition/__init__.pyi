from .model import Superposition

__all__ = ["Superposition"]
