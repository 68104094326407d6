"""Notices (公告公示): every publication of the platform, drafted by one person, published by another, kept for good."""
