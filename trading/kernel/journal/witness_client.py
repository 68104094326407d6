"""Asking a witness: what is the largest tree you saw, and will you cosign this one."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from time import monotonic

import httpx

from trading.kernel.journal.add_checkpoint import PATH, format_request
from trading.kernel.journal.checkpoint import Checkpoint, parse_checkpoint
from trading.kernel.journal.cosignature import cosigned_at
from trading.kernel.journal.note import Note, NoteError, Signature, Verifier, parse_note, parse_signatures, verify_note

_PATIENCE = 3.0
_LARGEST_ANSWER = 1 << 16


class WitnessSilent(Exception):
    """It does not answer, or not as a witness does."""


class WitnessRefused(Exception):
    """It answered and will not cosign."""


class WitnessKnows(Exception):
    """The size it last cosigned is another than we thought."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class WitnessClient:
    """One witness as the sequencer sees it; `known` is the size it last cosigned, as far as we heard."""

    def __init__(self, verifier: Verifier, url: str) -> None:
        self.verifier, self.known = verifier, 0
        self._url = url.rstrip("/")
        self._http = httpx.AsyncClient(timeout=_PATIENCE, trust_env=False)
        self._rest_until = 0.0

    @property
    def resting(self) -> bool:
        """It was silent a moment ago."""
        return monotonic() < self._rest_until

    def rest(self, seconds: float = 2.0) -> None:
        self._rest_until = monotonic() + seconds

    async def largest(self, log: Verifier) -> Checkpoint | None:
        """The largest checkpoint of this log that the witness cosigned, its word for it checked."""
        answer = await self._ask("GET", "/checkpoint", params={"origin": log.name})
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if answer.status_code != HTTPStatus.OK:
            raise WitnessSilent(f"{self.verifier.name} answered {answer.status_code}")
        try:
            note = parse_note(answer.content)
            verify_note(note, log)
            if cosigned_at(note, self.verifier) is None:
                raise WitnessSilent(f"{self.verifier.name} did not cosign what it shows")
            return parse_checkpoint(note.text)
        except NoteError as error:
            raise WitnessSilent(f"{self.verifier.name}: {error}") from error

    async def cosign(self, old_size: int, path: Sequence[bytes], note: Note) -> tuple[Signature, int]:
        """Its cosignature and the Unix second of it."""
        answer = await self._ask("POST", PATH, content=format_request(old_size, path, str(note)))
        if answer.status_code == HTTPStatus.CONFLICT and answer.text.strip().isdecimal():
            raise WitnessKnows(int(answer.text))
        if answer.status_code != HTTPStatus.OK:
            raise WitnessRefused(f"{answer.status_code}: {answer.text[:200].strip()}")
        try:
            for line in parse_signatures(answer.text):
                if line.by(self.verifier):
                    at = cosigned_at(Note(note.text, (line,)), self.verifier)
                    return line, at or 0
        except NoteError as error:
            raise WitnessRefused(str(error)) from error
        raise WitnessRefused("the answer bears no cosignature of this witness")

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, method: str, path: str, **request: object) -> httpx.Response:
        try:
            answer = await self._http.request(method, self._url + path, **request)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise WitnessSilent(f"{self.verifier.name}: {type(error).__name__}") from error
        if len(answer.content) > _LARGEST_ANSWER:
            raise WitnessSilent(f"{self.verifier.name} answered too much")
        return answer
