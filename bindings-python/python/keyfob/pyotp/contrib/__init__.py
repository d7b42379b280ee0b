"""Codes that no standard describes."""

from .steam import Steam

__all__ = ["Steam"]
