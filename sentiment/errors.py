"""Errors of the classifier, each by the action it causes."""


class ModelUnavailableError(Exception):
    """The weights cannot be found or read: nothing is classified until that is mended."""


class CorpusError(Exception):
    """A corpus line is malformed: named with file and line; training does not start."""
