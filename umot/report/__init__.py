"""The UMOT report: one HTML file that needs no network."""

from umot.report.build import write_report

__all__ = ["write_report"]
