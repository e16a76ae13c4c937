"""Why are there suddenly so many? The words, voices and examples of an event against the weeks before it."""

from umot.alerts.explain.explanation import Explanation, explain

__all__ = ["Explanation", "explain"]
