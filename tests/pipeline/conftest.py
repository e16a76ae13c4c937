"""The real classifier, loaded once."""

import pytest

from sentiment.classify import Classifier


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    """The shipped model."""
    return Classifier.load()
