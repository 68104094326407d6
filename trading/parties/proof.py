"""Pure verification of this package's evidence, for whoever checks a signature without the platform."""

from trading.parties.certificates import CertificateFacts, read_certificate, verify_chain
from trading.parties.errors import CertificateRefused

__all__ = ["CertificateFacts", "CertificateRefused", "read_certificate", "verify_chain"]
