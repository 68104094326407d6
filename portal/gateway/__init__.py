"""`trading gateway`: a local stand-in for the telephone and message gateway (语音短信网关), a program of its own.

It keeps its own folder and its own signing key; its page shows what arrived on each telephone and lets one answer. The
platform can neither read this folder nor sign for it.
"""
