"""Bases per access pattern: files, pages, feeds and JSON interfaces."""
