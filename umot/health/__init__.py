"""The health of sources: verdicts from what their runs left in the ledger, against each source's own past."""

from umot.health.judge import judge_source, judge_sources
from umot.health.verdict import SourceHealth

__all__ = ["SourceHealth", "judge_source", "judge_sources"]
