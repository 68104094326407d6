"""What the gateway keeps: messages and calls, each a file in its folder, and its signature under every outcome.

An outcome is signed once. The gateway takes times from the platform it serves (in a demonstration its clock is moved).
"""

import os
import secrets
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.framing import Hex32
from experts.answers import REASONS, Answer, pin_commitment, sign_answer

S = TypeVar("S", bound=msgspec.Struct)
State = Literal["waiting", "accepted", "declined", "unanswered"]


class Message(msgspec.Struct, frozen=True):
    """A text to one telephone; `values` is what its kind's wording says."""

    id: str
    to: str
    kind: Literal["pin", "account"]
    values: dict[str, Any]


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call: what it tells (time, place, duration) and what became of it."""

    id: str
    to: str
    draw: str
    specialty: str
    position: int
    leaf: Hex32
    called_at: str
    ends_at: str
    meets_at: str
    minutes: int
    place: str
    state: State = "waiting"
    answer: str | None = None
    pin: str | None = None
    salt: str | None = None


class Refusal(Exception):
    """Why an answer was not taken: `code` is the platform's or `gateway.…`."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params


class Book:
    """One gateway's folder and key."""

    def __init__(self, folder: Path, platform: str) -> None:
        self.folder = folder
        for name in ("calls", "messages"):
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        # One lock a call: an answer on its way to the platform must not keep the platform's next call waiting.
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.secret("key")))
        self.public = self._key.public_key().public_bytes_raw().hex()
        self._http = httpx.Client(
            base_url=platform.rstrip("/"),
            timeout=30,
            headers={"accept": "application/json", "authorization": "Gateway answers"},
        )
        self.calls: dict[str, Call] = {call.id: call for call in self._load("calls", Call)}
        self.messages: dict[str, Message] = {message.id: message for message in self._load("messages", Message)}

    def secret(self, name: str) -> str:
        """32 random bytes in hex, made once: the key, and the tokens of those who may come in."""
        path = self.folder / name
        if not path.exists():
            self._write(path, secrets.token_hex(32).encode())
        return path.read_text()

    def take_messages(self, messages: list[dict[str, Any]]) -> None:
        """Deliver; one that is known already is not delivered again."""
        for item in messages:
            values = {name: value for name, value in item.items() if name not in {"id", "to", "kind"}}
            message = Message(item["id"], item["to"], item["kind"], values)
            if message.id not in self.messages:
                self._keep("messages", message.id, message)
                self.messages[message.id] = message

    def take_call(self, told: dict[str, Any]) -> Call:
        """Ring up; told again, the first time stands."""
        call = msgspec.convert({key: value for key, value in told.items() if key in _TOLD}, Call)
        return self.calls.get(call.id) or self._store(call)

    def reply(self, call_id: str, *, accept: bool, pin: str = "", reason: str = "other") -> Call:
        """What the person called says; taken only if the platform takes it."""
        with self._locks[call_id]:
            call = self.calls[call_id]
            now = self._now()
            if call.state != "waiting" or now > call.ends_at:
                raise Refusal("draws.call_over")
            if not accept and reason not in REASONS:
                raise Refusal("gateway.reason")
            salt = secrets.token_bytes(32)
            answer = self._signed(
                call,
                "accepted" if accept else "declined",
                at=now,
                reason=None if accept else reason,
                pin=pin_commitment(salt, pin) if accept else None,
            )
            body: dict[str, Any] = {"answer": answer}
            if accept:
                body |= {"pin": pin, "salt": salt.hex()}
            self._send(body)
            # The PIN is the expert's: once the platform has taken it, it is not kept here.
            return self._store(msgspec.structs.replace(call, state="accepted" if accept else "declined", answer=answer))

    def close(self, call_id: str) -> Call:
        """The window is over: whatever was answered, or that nothing was."""
        with self._locks[call_id]:
            call = self.calls[call_id]
            if call.answer is not None:
                return call
            now = self._now()
            if now < call.ends_at:
                raise Refusal("gateway.not_over")
            return self._store(
                msgspec.structs.replace(call, state="unanswered", answer=self._signed(call, "unanswered", at=now))
            )

    def _send(self, body: dict[str, Any]) -> None:
        try:
            answer = self._http.post("/v1/gateway/answers", json=body)
        except httpx.TransportError as error:
            raise Refusal("gateway.platform_away") from error
        if answer.is_success:
            return
        problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        raise Refusal(str(problem.get("code", "gateway.platform_away")), **problem.get("params", {}))

    def _now(self) -> str:
        try:
            return str(self._http.get("/v1/time").raise_for_status().json()["now"])
        except httpx.HTTPError as error:
            raise Refusal("gateway.platform_away") from error

    def _signed(
        self,
        call: Call,
        outcome: Literal["accepted", "declined", "unanswered"],
        *,
        at: str,
        reason: str | None = None,
        pin: str | None = None,
    ) -> str:
        answer = msgspec.convert(
            {
                "v": "LBG1",
                "draw": call.draw,
                "specialty": call.specialty,
                "position": call.position,
                "leaf": call.leaf,
                "call": call.id,
                "outcome": outcome,
                "called_at": call.called_at,
                "ends_at": call.ends_at,
                "answered_at": at,
                "reason": reason,
                "pin": pin,
            },
            Answer,
        )
        return sign_answer(answer, self._key).decode()

    def _store(self, call: Call) -> Call:
        self._keep("calls", call.id, call)
        self.calls[call.id] = call
        return call

    def _keep(self, kind: str, name: str, value: msgspec.Struct) -> None:
        self._write(self.folder / kind / f"{name}.json", msgspec.json.encode(value))

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        unfinished = path.with_name(f".{path.name}.new")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)

    def _load(self, kind: str, shape: type[S]) -> list[S]:
        paths = sorted((self.folder / kind).glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        return [msgspec.json.decode(path.read_bytes(), type=shape) for path in paths]


_TOLD = {"id", "to", "draw", "specialty", "position", "leaf", "called_at", "ends_at", "meets_at", "minutes", "place"}
