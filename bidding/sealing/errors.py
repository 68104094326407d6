"""A refusal by the engine: a stable code and its parameters; the packages above translate it for people."""


class SealingError(Exception):
    """`code` is one of those named in docs/spec/lbe1.md, such as `sealing.part.kc`."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params
