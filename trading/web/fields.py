"""One reading of input for forms and JSON: each field by itself, so that every problem is said at once.

A form sends text (empty means absent, instants are Beijing time, amounts are yuan); JSON sends types (instants are
RFC 3339 with a zone, amounts are fen). Both end as the same msgspec struct.
"""

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import inspect as mi

from trading.kernel.errors import FieldProblem, Invalid, TradingError
from trading.kernel.money import format_yuan, parse_yuan
from trading.web.formats import LOCAL, hundredths

Yuan = Annotated[int, msgspec.Meta(ge=0, le=10**15, extra={"form": "yuan"})]
"""An amount in fen that a form asks for in yuan."""
HUNDREDTHS = "hundredths"
"""`Meta(extra={"form": HUNDREDTHS})`: points or percents with at most two decimals, held in hundredths."""

MAX_ROWS = 1000
_MISSING = object()
_WHOLE = re.compile(r"[+-]?\d{1,15}")
_YES, _NO = frozenset({"on", "true", "1", "yes"}), frozenset({"", "off", "false", "0", "no"})
_DECIMALS = {"yuan": "web.bad_amount", HUNDREDTHS: "web.bad_hundredths"}
_LISTS = (mi.ListType, mi.VarTupleType, mi.SetType, mi.FrozenSetType)
_CODES: tuple[tuple[type[mi.Type], str], ...] = (
    (mi.IntType, "web.not_whole"),
    (mi.DateTimeType, "web.bad_time"),
    (mi.DateType, "web.bad_date"),
    (mi.LiteralType, "web.bad_choice"),
    (mi.EnumType, "web.bad_choice"),
    (mi.BoolType, "web.bad_choice"),
    (mi.StrType, "web.bad_text"),
)


class Upload(msgspec.Struct, frozen=True):
    """A file chosen in a form; in JSON `data` is base64."""

    name: str
    media_type: str
    data: bytes


class Wrong(Exception):  # says that a value is wrong, as FieldProblem does
    """One value that cannot be taken."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.problem = FieldProblem(code, params)


class Shape(msgspec.Struct, frozen=True):
    """What an annotation asks of a value, and the keys of the words for it (`Meta(title=…, description=…)`)."""

    annotation: Any
    info: Any  # a msgspec.inspect type; the unions of its attributes are not worth their casts
    nullable: bool = False
    title: str | None = None
    description: str | None = None
    kind: str | None = None

    @property
    def is_list(self) -> bool:
        """Whether several values make one."""
        return isinstance(self.info, _LISTS)

    @property
    def is_choice(self) -> bool:
        """Whether one chooses instead of writing."""
        info = item_of(self.annotation).info if self.is_list else self.info
        return isinstance(info, mi.LiteralType | mi.EnumType)

    @property
    def is_struct(self) -> bool:
        """Whether it has fields of its own."""
        return isinstance(self.info, mi.StructType) and not self.is_upload

    @property
    def is_upload(self) -> bool:
        """Whether it is a file."""
        return isinstance(self.info, mi.StructType) and issubclass(self.info.cls, Upload)


@cache
def shape_of(annotation: Any) -> Shape:
    """The shape behind `Annotated`, `| None` and their order."""
    info: Any = mi.type_info(annotation)
    schema: dict[str, Any] = {}
    nullable, kind = False, None
    while isinstance(info, mi.Metadata | mi.UnionType):
        if isinstance(info, mi.Metadata):
            schema |= info.extra_json_schema or {}
            kind = (info.extra or {}).get("form", kind)
            info = info.type
            continue
        inner = [option for option in info.types if not isinstance(option, mi.NoneType)]
        nullable = nullable or len(inner) < len(info.types)
        if len(inner) != 1:
            break
        info = inner[0]
    return Shape(annotation, info, nullable, schema.get("title"), schema.get("description"), kind)


@cache
def item_of(annotation: Any) -> Shape:
    """The shape of one item of a list."""
    while get_origin(annotation) in {Annotated, Union, UnionType}:
        annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
    return shape_of(get_args(annotation)[0])


S = TypeVar("S", bound=msgspec.Struct)


class Reader:
    """Reads one input; gathers `problems` by dotted path (`lots.0.name`)."""

    def __init__(self, *, form: bool) -> None:
        self.form = form
        self.problems: dict[str, FieldProblem] = {}

    def command(self, struct: type[S], raw: object) -> S:
        """The whole input, or `Invalid` with every problem found."""
        try:
            built = self._struct(struct, raw, "")
        except Wrong as wrong:
            raise Invalid({"": wrong.problem}) from None
        if self.problems:
            raise Invalid(self.problems)
        assert isinstance(built, struct)
        return built

    def _struct(self, struct: type[msgspec.Struct], raw: object, prefix: str) -> object:
        if not isinstance(raw, Mapping):
            raise Wrong("web.bad_value")
        before = len(self.problems)
        fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
        for name in raw:
            if name not in fields and not (self.form and str(name).startswith("_")):
                self.problems[f"{prefix}{str(name)[:100]}"] = FieldProblem("web.unknown_field")
        values: dict[str, object] = {}
        for name, field in fields.items():
            try:
                value = self._field(shape_of(field.type), raw.get(name, _MISSING), f"{prefix}{name}", field.required)
            except Wrong as wrong:
                self.problems[f"{prefix}{name}"] = wrong.problem
                continue
            if value is not _MISSING:
                values[field.name] = value
        return struct(**values) if len(self.problems) == before else None

    def _field(self, shape: Shape, raw: object, path: str, required: bool) -> object:
        if self.form and isinstance(shape.info, mi.BoolType) and not shape.nullable:
            raw = raw if raw is not _MISSING else [""]  # an unticked box is not sent at all
        elif self.form and shape.is_list and not isinstance(raw, Mapping):
            raw = [item for item in raw if not _blank([item])] if isinstance(raw, list) else []
        elif raw is _MISSING or raw is None or (self.form and _blank(raw)):
            if shape.nullable and (raw is None or self.form):
                return None
            if required or raw is None:
                raise _required(shape)
            return _MISSING
        return self._value(shape, raw, path)

    def _value(self, shape: Shape, raw: object, path: str) -> object:
        if shape.is_list:
            return self._list(shape, raw, path)
        if shape.is_upload and self.form:
            file = raw[-1] if isinstance(raw, list) and raw else raw
            if isinstance(file, Upload):
                return file
            raise Wrong("web.bad_file")
        if shape.is_struct:
            return self._struct(shape.info.cls, raw, f"{path}.")
        return _leaf(shape, from_text(shape, _text(raw)) if self.form else raw)

    def _list(self, shape: Shape, raw: object, path: str) -> object:
        if isinstance(raw, Mapping) and self.form:  # rows of a form: lots.0.name, lots.2.name, …
            rows = sorted((int(key), row) for key, row in raw.items() if str(key).isdecimal() and len(key) < 5)
        elif isinstance(raw, list):
            rows = [(index, [item] if self.form else item) for index, item in enumerate(raw)]
        else:
            raise Wrong("web.bad_value")
        most = shape.info.max_length or MAX_ROWS
        if len(rows) < (shape.info.min_length or 0):
            raise _required(shape) if not rows else Wrong("web.too_few", min=shape.info.min_length)
        if len(rows) > most:
            raise Wrong("web.too_many", max=most)
        out, item = [], item_of(shape.annotation)
        for index, row in rows:
            try:
                out.append(self._field(item, row, f"{path}.{index}", True))
            except Wrong as wrong:
                if self.form and not item.is_struct:
                    raise  # a group of boxes has one place for its problem
                self.problems[f"{path}.{index}"] = wrong.problem
        kinds = {mi.VarTupleType: tuple, mi.SetType: set, mi.FrozenSetType: frozenset}
        return kinds.get(type(shape.info), list)(out)


def _required(shape: Shape) -> Wrong:
    if shape.is_upload:
        return Wrong("web.bad_file")
    return Wrong("web.choose" if shape.is_choice else "web.required")


def _text(raw: object) -> str:
    if isinstance(raw, list):
        raw = raw[-1] if raw else ""
    return raw.strip().replace("\r\n", "\n") if isinstance(raw, str) else ""


def _blank(raw: object) -> bool:
    if isinstance(raw, Mapping):
        return not raw
    last = raw[-1] if isinstance(raw, list) and raw else raw
    if isinstance(last, Upload):
        return not last.name and not last.data
    return not _text(last)


def from_text(shape: Shape, text: str) -> object:
    """Text of a form as the value the type wants."""
    info = shape.info
    if shape.kind in _DECIMALS:
        try:
            return parse_yuan(text)
        except TradingError:
            raise Wrong(_DECIMALS[shape.kind]) from None
    if isinstance(info, mi.IntType):
        plain = text.replace(",", "").replace("，", "").replace(" ", "")
        return int(plain) if _WHOLE.fullmatch(plain) else text
    if isinstance(info, mi.BoolType):
        return True if text in _YES else False if text in _NO else text
    if isinstance(info, mi.LiteralType | mi.EnumType):
        known = info.values if isinstance(info, mi.LiteralType) else [member.value for member in info.cls]
        return next((value for value in known if str(value) == text), text)
    if isinstance(info, mi.DateTimeType):
        try:
            instant = dt.datetime.fromisoformat(text)
        except ValueError:
            raise Wrong("web.bad_time") from None
        return instant if instant.tzinfo else instant.replace(tzinfo=LOCAL)
    return text


def _leaf(shape: Shape, raw: object) -> object:
    if isinstance(raw, str):
        raw = raw.strip()
        # PostgreSQL refuses NUL, and a lone surrogate is no text at all.
        if any((ord(char) < 32 and char not in "\n\t") or 0xD800 <= ord(char) < 0xE000 for char in raw):
            raise Wrong("web.bad_text")
        if not raw and isinstance(shape.info, mi.StrType) and (shape.info.min_length or 0) > 0:
            raise Wrong("web.required")
    try:
        value: object = msgspec.convert(raw, shape.annotation)
    except (msgspec.ValidationError, OverflowError):
        raise _explain(shape, raw) from None
    if isinstance(value, dt.datetime):
        if value.tzinfo is None or not 1900 <= value.year <= 2200:
            raise Wrong("web.bad_time")
        return value.astimezone(dt.UTC)
    return value


def _explain(shape: Shape, raw: object) -> Wrong:
    """Which limit a value of the right type breaks; else that its type is wrong."""
    info = shape.info
    if isinstance(raw, str) and isinstance(info, mi.StrType):
        if info.min_length is not None and len(raw) < info.min_length:
            return Wrong("web.too_short", min=info.min_length)
        if info.max_length is not None and len(raw) > info.max_length:
            return Wrong("web.too_long", max=info.max_length)
        return Wrong("web.bad_format")
    if type(raw) is int and isinstance(info, mi.IntType):
        show = {"yuan": format_yuan, HUNDREDTHS: hundredths}.get(shape.kind or "", str)
        low = info.ge if info.ge is not None else None if info.gt is None else info.gt + 1
        high = info.le if info.le is not None else None if info.lt is None else info.lt - 1
        if low is not None and raw < low:
            return Wrong("web.too_small", min=show(low))
        if high is not None and raw > high:
            return Wrong("web.too_large_number", max=show(high))
    return Wrong(next((code for kind, code in _CODES if isinstance(info, kind)), "web.bad_value"))
