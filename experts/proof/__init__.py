"""Checking a draw and an evaluation, pure: from what was published and journalled, everything is computed again.

Nothing here loads a database. `documents` is what the server hands out and `verify` reads, `facts` what the journal
says at each step (the services write it with these functions, `verify` compares with them), `scoring` the arithmetic
of the evaluation; `draw` and `evaluation` compute again what the documents claim.
"""
