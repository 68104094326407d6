"""From a request to a command, and back to the page when the command is refused.

The whole of a page handler that takes input:

    @get("/projects/new", opt=allow("tenderer"))
    async def new(self, request: Request) -> Response:
        return page(request, "projects/new.html", form=Form(RegisterProject), profiles=PROFILES)

    @post("/projects/new", opt=allow("tenderer"))
    async def create(self, request: Request, session: AsyncSession, actor: Actor) -> Response:
        command = await parse(request, RegisterProject, "projects/new.html", profiles=PROFILES)
        project = await service.register(session, actor, command=command)
        return redirect(f"/projects/{project.id}", flash="projects.registered", name=project.name)

`parse` remembers the page. When it, or the service after it, raises `Invalid` or `Refused`, the transaction is rolled
back and the error mapper shows that page again with what was typed, the problems beside their fields, and status 422
or 409. The same `parse(request, RegisterProject)` without a page serves `/v1`, where the refusal is problem+json.

The words of a field stand in its command: `name: Annotated[str, Meta(title="projects.name", max_length=200)]`,
with `description` for the hint; an optional one is `Annotated[…] | None = None` (msgspec refuses limits on a union).
"""

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from trading.kernel.errors import FieldProblem, Invalid, TradingError
from trading.kernel.money import format_yuan
from trading.web.fields import HUNDREDTHS, Reader, Shape, Upload, item_of, shape_of
from trading.web.formats import hundredths, local

S = TypeVar("S", bound=msgspec.Struct)
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_REMEMBERED = "web_remembered_page"
_DEPTH = 5
_PLACE = re.compile("[0-9]{1,4}")


class NoInput(msgspec.Struct, frozen=True):
    """The command of a button that says everything by itself."""


class Remembered(msgspec.Struct, frozen=True):
    """The page to show again when its input is refused."""

    template: str
    part: str | None
    command: type[msgspec.Struct]
    typed: dict[str, list[str]]
    context: dict[str, object]


class Form:
    """What a template shows of a command: its fields, what was typed, what is wrong with it."""

    def __init__(
        self,
        command: type[msgspec.Struct],
        typed: Mapping[str, list[str]] | None = None,
        problems: Mapping[str, FieldProblem] | None = None,
        refusal: TradingError | None = None,
    ) -> None:
        self.command = command
        self.typed = _defaults(command) if typed is None else dict(typed)
        self.problems = dict(problems or {})
        self.refusal = refusal

    @classmethod
    def of(cls, value: msgspec.Struct) -> "Form":
        """A form that starts with an existing command, for changing it."""
        return cls(type(value), _flatten(value, ""))

    @property
    def failed(self) -> bool:
        """Whether there is something to say before the person can go on."""
        return bool(self.problems) or self.refusal is not None

    def shape(self, name: str) -> Shape:
        """The shape of a field by dotted path (`lots.0.name`)."""
        shape: Shape | None = None
        struct: Any = self.command
        for part in name.split("."):
            if shape is not None and shape.is_list:
                shape = item_of(shape.annotation)
                struct = shape.info.cls if shape.is_struct else None
                continue
            field = next(field for field in msgspec.structs.fields(struct) if field.encode_name == part)
            shape = shape_of(field.type)
            struct = shape.info.cls if shape.is_struct else None
        assert shape is not None
        return shape

    def has(self, name: str) -> bool:
        """Whether the command has such a field; a problem may also be with something nobody asked for."""
        try:
            self.shape(name)
        except (StopIteration, TypeError):
            return False
        return bool(name)

    def title(self, name: str) -> str | None:
        """Key of the field's label."""
        return self.shape(name).title

    def hint(self, name: str) -> str | None:
        """Key of the line that helps with the field."""
        return self.shape(name).description

    def optional(self, name: str) -> bool:
        """Whether the field may stay empty; one that starts with a value of its own is not called optional."""
        head, _, last = name.rpartition(".")
        struct = self.shape(head).info.cls if head else self.command
        field = next((field for field in msgspec.structs.fields(struct) if field.encode_name == last), None)
        if field is None:
            return False
        return shape_of(field.type).nullable or not (field.required or _prefilled(field.default))

    def value(self, name: str) -> str:
        """What was typed into a field of one value."""
        values = self.typed.get(name)
        return values[-1] if values else ""

    def values(self, name: str) -> list[str]:
        """What was chosen in a field of several values."""
        return self.typed.get(name, [])

    def rows(self, name: str, least: int = 1) -> list[str]:
        """The prefixes of a repeated group: `["lots.0", "lots.1"]`, at least so many."""
        places = {key[len(name) + 1 :].split(".")[0] for key in self.typed if key.startswith(f"{name}.")}
        # Only what a form of ours can have sent: a name somebody made up has no row.
        indices = sorted({int(place) for place in places if _PLACE.fullmatch(place)})
        while len(indices) < least:
            indices.append(indices[-1] + 1 if indices else 0)
        return [f"{name}.{index}" for index in indices]

    def problem(self, name: str) -> FieldProblem | None:
        """What is wrong with a field."""
        return self.problems.get(name)


async def parse(
    request: Request[Any, Any, Any],
    command: type[S],
    template: str | None = None,
    /,
    *,
    part: str | None = None,
    **context: Any,
) -> S:
    """The command a request carries; see the module's text for the pattern."""
    content_type, _ = request.content_type
    if content_type in FORM_TYPES:
        pairs = [(name, await _taken(value)) for name, value in (await request.form()).multi_items()]
        typed: dict[str, list[str]] = {}
        for name, value in pairs:
            if isinstance(value, str):
                typed.setdefault(name, []).append(value)
        if template:
            request.scope["state"][_REMEMBERED] = Remembered(template, part, command, typed, context)
        return Reader(form=True).command(command, _tree(pairs))
    if content_type in {"application/json", ""}:
        body = await request.body()
        try:
            raw = msgspec.json.decode(body) if body else {}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Invalid({"": FieldProblem("web.bad_json")}) from None
        return Reader(form=False).command(command, raw)
    raise Invalid({"": FieldProblem("web.bad_content_type")})


def remembered(scope: Mapping[str, Any]) -> Remembered | None:
    """The page `parse` was told to show again, if it was."""
    kept = scope.get("state", {}).get(_REMEMBERED)
    return kept if isinstance(kept, Remembered) else None


def shown_again(kept: Remembered, error: TradingError) -> Form:
    """The form with what was typed and what is wrong."""
    if isinstance(error, Invalid) and error.fields:
        return Form(kept.command, kept.typed, error.fields)
    return Form(kept.command, kept.typed, refusal=error)


async def _taken(value: object) -> str | Upload:
    if isinstance(value, UploadFile):
        return Upload(value.filename, value.content_type, await value.read())
    return value if isinstance(value, str) else json.dumps(value)


def _tree(pairs: list[tuple[str, str | Upload]]) -> dict[str, Any]:
    """`lots.0.name=…` pairs as nested mappings; leaves are lists, for a name may come more than once."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        node: Any = root
        *path, last = name.split(".", _DEPTH)
        for step in path:
            node = node.setdefault(step, {}) if isinstance(node, dict) else None
        if not isinstance(node, dict) or isinstance(node.get(last), dict):
            raise Invalid({name[:100]: FieldProblem("web.unknown_field")})
        node.setdefault(last, []).append(value)
    return root


def _flatten(value: msgspec.Struct, prefix: str) -> dict[str, list[str]]:
    typed: dict[str, list[str]] = {}
    for field in msgspec.structs.fields(value):
        name, item, shape = f"{prefix}{field.encode_name}", getattr(value, field.name), shape_of(field.type)
        if isinstance(item, Upload):
            continue
        if isinstance(item, msgspec.Struct):
            typed |= _flatten(item, f"{name}.")
        elif isinstance(item, list | tuple | set | frozenset):
            for index, one in enumerate(item):
                if isinstance(one, msgspec.Struct):
                    typed |= _flatten(one, f"{name}.{index}.")
                else:
                    typed.setdefault(name, []).append(_as_text(one, item_of(shape.annotation)))
        elif item is not None and item is not False:
            typed[name] = [_as_text(item, shape)]
    return typed


def _prefilled(default: object) -> bool:
    return not any(default is nothing for nothing in (msgspec.NODEFAULT, None, False, ""))


def _defaults(command: type[msgspec.Struct]) -> dict[str, list[str]]:
    """What a new form starts with."""
    fields = [(field, shape_of(field.type)) for field in msgspec.structs.fields(command)]
    return {field.encode_name: [_as_text(field.default, shape)] for field, shape in fields if _prefilled(field.default)}


def _as_text(value: object, shape: Shape) -> str:
    if value is True:
        return "on"
    if shape.kind == "yuan" and isinstance(value, int):
        return format_yuan(value).replace(",", "")
    if shape.kind == HUNDREDTHS and isinstance(value, int):
        return hundredths(value)
    if isinstance(value, dt.datetime):
        return f"{local(value):%Y-%m-%dT%H:%M}"
    return value.isoformat() if isinstance(value, dt.date) else str(getattr(value, "value", value))
