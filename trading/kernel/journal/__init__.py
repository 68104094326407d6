"""The journal (日志): every act as one leaf of one Merkle log that nobody, we included, can rewrite.

Import the part you need: `actions` to append, `blind_streams` for what must stay quiet until closing, `reads`
and `export` to serve; `note`, `checkpoint`, `cosignature`, `tiles`, `blind`, `proof` are pure and load no
database library, so that anyone can verify without us. The whole is described in `docs/spec/journal.md`.
"""
