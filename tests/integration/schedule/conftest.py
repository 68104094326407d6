"""The same application as the tests of projects."""

from tests.integration.projects.conftest import enter, platform

__all__ = ["enter", "platform"]
