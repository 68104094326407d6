"""Checking what the lock-box shows, pure: from what was published and journalled, everything is computed again.

Nothing here loads a database. `record` is the opening record's form, which the server writes and `verify` reads;
`settled` and `revealed` compute again what the server says it decided and found.
"""


class Mismatch(Exception):
    """What is shown is not what follows; `code` names where."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params
