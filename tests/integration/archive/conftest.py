"""The lot of the evidence's own test: what is opened and witnessed there is sealed here."""

from tests.integration.portal.test_evidence import stage

__all__ = ["stage"]
