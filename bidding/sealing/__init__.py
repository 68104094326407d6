"""LBE1, the sealed envelope (密封信封): pure functions over bytes, specified in docs/spec/lbe1.md.

No database, no network, no clock: the same files run in the server, the bidder's command line, the trustee's program
and the offline verifier, so that all four mean the same thing by "sealed".
"""
