"""The small data set and results that the verbs' own tests have."""

from tests.cli.conftest import here

__all__ = ["here"]
