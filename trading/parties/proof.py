"""Checking a person's certificate offline: no database, judged at the instant of the signature."""

from trading.parties.certificates import CertificateFacts, verify_chain
from trading.parties.errors import CertificateRefused

__all__ = ["CertificateFacts", "CertificateRefused", "verify_chain"]
