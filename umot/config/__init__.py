"""The configuration of a workspace: `umot.yaml`."""

from umot.config.loader import load_settings
from umot.config.settings import BrandSettings, Settings, SourceSettings

__all__ = ["BrandSettings", "Settings", "SourceSettings", "load_settings"]
