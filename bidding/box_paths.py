"""The API of a box, the same for every kind of subject: `/v1/lots/{id}/box`, `/v1/draws/{id}/box`."""

from typing import TypeAlias

from litestar.di import NamedDependency, Provide

from bidding.subjects import COLLECTIONS, Subject
from trading.web.injected import WebRequest

BoxSubject: TypeAlias = NamedDependency[str]
"""`subject` of the path, for handlers of `paths` with `OF_PATH`."""


def paths(tail: str) -> list[str]:
    """Where something that every box has is found, once a kind."""
    return [f"/v1/{collection}/{{subject_id:uuid}}/{tail}" for collection in COLLECTIONS]


def _subject(request: WebRequest) -> str:
    collection = request.url.path.split("/")[2]
    return str(Subject(COLLECTIONS[collection], request.path_params["subject_id"]))


OF_PATH = {"subject": Provide(_subject, sync_to_thread=False)}
