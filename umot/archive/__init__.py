"""What was collected, as it was collected: part files that a manifest makes real."""

from umot.archive.archive import Archive, Manifest, Part, RunWriter

__all__ = ["Archive", "Manifest", "Part", "RunWriter"]
