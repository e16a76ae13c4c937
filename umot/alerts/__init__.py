"""Alerts: what is unusual about a brand or a source, since when, why, and who is told."""
