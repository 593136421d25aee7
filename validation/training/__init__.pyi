from .kinds import train

__all__ = ["train"]
