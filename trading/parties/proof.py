"""Checking a person's certificate and a seal's offline: no database, judged at the instant of the signature."""

from trading.parties.certificates import CertificateFacts, verify_chain
from trading.parties.errors import CertificateRefused
from trading.parties.seals import SealFacts, verify_seal

__all__ = ["CertificateFacts", "CertificateRefused", "SealFacts", "verify_chain", "verify_seal"]
