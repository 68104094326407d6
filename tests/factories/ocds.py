"""What an OCDS package must be, judged without anybody's library: by its structure, and by the standard's schema.

The schema is read where somebody has put the standard beside this checkout; the structure is judged everywhere.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from notices.ocds.types import TAGS

STANDARD = Path(__file__).parents[3] / "shared" / "data" / "ocds-standard-1.1.5.zip"
_ROOT = "standard-1__1__5/schema"
_DATES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_DATED = {"date", "startDate", "endDate", "dueDate", "dateMet", "datePublished", "dateSigned", "publishedDate"}
_REQUIRED = {
    "package": ("uri", "version", "publishedDate", "publisher"),
    "release": ("ocid", "id", "date", "tag", "initiationType", "language", "tender"),
    "documents": ("id", "documentType", "title", "url", "datePublished", "format"),
    "milestones": ("id", "title", "type", "code", "status"),
    "parties": ("id", "name", "identifier", "roles"),
    "lots": ("id", "status"),
    "details": ("id", "status", "relatedLots"),
    "awards": ("id", "status", "relatedLots"),
    "contracts": ("id", "awardID", "status", "value", "dateSigned"),
}
_CODES: dict[tuple[str, str], set[str]] = {
    ("tender", "status"): {"active", "complete", "unsuccessful"},
    ("lots", "status"): {"active", "complete", "unsuccessful"},
    ("details", "status"): {"pending", "valid", "disqualified"},
    ("awards", "status"): {"active", "cancelled"},
    ("contracts", "status"): {"active"},
    ("milestones", "status"): {"scheduled", "met"},
    ("value", "currency"): {"CNY"},
    ("tender", "procurementMethod"): {"open"},
    ("tender", "mainProcurementCategory"): {"works", "services", "goods"},
}


def problems(package: Mapping[str, Any]) -> list[str]:
    """Everything wrong with the structure of a release or record package; empty if nothing is."""
    found = [f"package lacks {name}" for name in _REQUIRED["package"] if not package.get(name)]
    releases = [*package.get("releases", [])]
    for record in package.get("records", []):
        releases += [*record["releases"], record["compiledRelease"]]
    found += ["no releases"] if not releases else []
    ids = [release.get("id") for release in releases]
    found += ["a release's id twice"] if len(set(ids)) != len(ids) else []
    for release in releases:
        found += [f"release lacks {name}" for name in _REQUIRED["release"] if not release.get(name)]
        found += [f"tag {tag}" for tag in release["tag"] if tag not in {*TAGS, "compiled"}]
        found += _references(release)
    return found + [problem for place, value in _walk("package", package) for problem in _judged(place, value)]


def _references(release: Mapping[str, Any]) -> list[str]:
    tender = release["tender"]
    lots = {lot["id"] for lot in tender.get("lots", [])}
    parts = [*tender["documents"], *tender["milestones"], *release.get("awards", [])] if "documents" in tender else []
    parts += release.get("bids", {}).get("details", [])
    found = [f"lot {lot}" for part in parts for lot in part.get("relatedLots", []) if lot not in lots]
    if "compiled" in release["tag"]:
        known = {party["id"] for party in release["parties"]}
        named = [*tender.get("tenderers", []), release["buyer"]]
        named += [supplier for award in release.get("awards", []) for supplier in award.get("suppliers", [])]
        found += [f"party {item['id']}" for item in named if item["id"] not in known]
        awards = {award["id"] for award in release.get("awards", [])}
        found += [f"award {c['awardID']}" for c in release.get("contracts", []) if c["awardID"] not in awards]
    return found


def _judged(place: str, value: Any) -> list[str]:
    name = place.rsplit(".", 1)[-1]
    found = []
    if value is None or value in ("", [], {}):
        found.append(f"{place} is empty")
    if isinstance(value, float):
        found.append(f"{place} is a float")
    if isinstance(value, Decimal) and name == "amount" and value.as_tuple().exponent != -2:
        found.append(f"{place} is not to the fen")
    if name in _DATED and not (isinstance(value, str) and _DATES.fullmatch(value) and datetime.fromisoformat(value)):
        found.append(f"{place} is no instant with its offset: {value}")
    if isinstance(value, list) and value and isinstance(value[0], dict) and "id" in value[0]:
        ids = [item.get("id") for item in value]
        found += [f"{place} has an id twice"] if len(set(map(str, ids))) != len(ids) else []
        found += [f"{place} lacks {need}" for item in value for need in _REQUIRED.get(name, ()) if need not in item]
    if isinstance(value, dict):
        for field, told in value.items():
            if (name, field) in _CODES and told not in _CODES[name, field]:
                found.append(f"{place}.{field}: {told}")
    return found


def _walk(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every value with the names that lead to it; what stands in a list goes by the list's name."""
    yield place, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(f"{place}.{name}", inner)
    if isinstance(value, list):
        for inner in value:
            yield from _walk(place, inner)


@cache
def schema(name: str) -> Any:
    """A schema of the standard."""
    with zipfile.ZipFile(STANDARD) as archive:
        return json.loads(archive.read(f"{_ROOT}/{name}"))


@cache
def package_schema(name: str) -> Any:
    """A package's schema; what stands in it is judged by its own."""
    found = schema(name)
    found["properties"].pop("releases", None)
    return found


@cache
def codes(name: str) -> frozenset[str]:
    """The codes of one of its lists."""
    with zipfile.ZipFile(STANDARD) as archive:
        text = archive.read(f"{_ROOT}/codelists/{name}").decode("utf-8-sig")
    return frozenset(row["Code"] for row in csv.DictReader(io.StringIO(text)))


def schema_errors(value: Any, rule: Mapping[str, Any], place: str = "$") -> list[str]:
    """Where a value breaks a schema: the words of JSON Schema draft 4 that the standard's schemas use, no others."""
    unknown = rule.keys() - _KNOWN
    if unknown:
        raise NotImplementedError(f"{place}: {sorted(unknown)}")
    kinds = rule.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        return [f"{place} is no {'/'.join(kinds)}"]
    found = [f"{place}: {value!r} is not in the list"] if value not in rule.get("enum", [value]) else []
    judge = next((judge for kind, judge in _JUDGES.items() if isinstance(value, kind)), None)
    return found + (list(judge(value, rule, place)) if judge else [])


def _judge_text(value: str, rule: Mapping[str, Any], place: str) -> Iterator[str]:
    if len(value) < rule.get("minLength", 0):
        yield f"{place} is too short"
    if not re.search(rule.get("pattern", ""), value):
        yield f"{place}: {value!r} is not as {rule['pattern']}"
    if not re.match({"date-time": _DATES.pattern, "uri": r"https?://\S+$"}.get(rule.get("format", ""), ""), value):
        yield f"{place}: {value!r} is no {rule['format']}"


def _judge_list(value: list[Any], rule: Mapping[str, Any], place: str) -> Iterator[str]:
    if len(value) < rule.get("minItems", 0):
        yield f"{place} has too few"
    if rule.get("uniqueItems") and len({repr(item) for item in value}) != len(value):
        yield f"{place} has the same twice"
    for number, item in enumerate(value):
        yield from schema_errors(item, rule.get("items", {}), f"{place}[{number}]")
        if "codelist" in rule and not rule.get("openCodelist", True) and item not in codes(rule["codelist"]):
            yield f"{place}: {item} is no code"


def _judge_object(value: dict[str, Any], rule: Mapping[str, Any], place: str) -> Iterator[str]:
    for name in rule.get("required", []):
        if name not in value:
            yield f"{place} lacks {name}"
    for name, inner in value.items():
        if name in rule.get("properties", {}):
            yield from schema_errors(inner, rule["properties"][name], f"{place}.{name}")


_JUDGES: dict[type, Callable[[Any, Mapping[str, Any], str], Iterator[str]]] = {
    str: _judge_text,
    list: _judge_list,
    dict: _judge_object,
}
_KNOWN = {
    *("$schema", "id", "title", "description", "default", "definitions", "deprecated", "deprecatedVersion"),
    *("mergeStrategy", "mergeOptions", "omitWhenMerged", "wholeListMerge", "versionId", "codelist", "openCodelist"),
    *("type", "enum", "required", "properties", "patternProperties", "items", "minItems", "uniqueItems", "minLength"),
    *("pattern", "format", "minProperties"),
}


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    types: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "array": (list,),
        "object": (dict,),
        "integer": (int,),
        "number": (int, Decimal),
        "null": (type(None),),
        "boolean": (),
    }
    return isinstance(value, types[kind])
