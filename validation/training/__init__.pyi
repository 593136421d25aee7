from .course import train

__all__ = ["train"]
