"""The lock-box (投标箱): announcements, trustees, sealed envelopes, closing and opening (开标)."""
