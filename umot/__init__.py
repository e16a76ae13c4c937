"""UMOT monitor: what customers publish about a brand, along the moments of truth."""

__version__ = "0.1.0"
