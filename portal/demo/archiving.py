"""Closing the project over HTTP: proposed by one official, approved by another, sealed by the worker, fetched by one.

The package goes beside the lot's evidence; whoever verifies the folder verifies it too.
"""

from pathlib import Path
from typing import Any

from portal.demo.client import Refusal
from portal.demo.line import Line, Tender
from portal.evidence.layout import BAG

PROPOSER, APPROVER = "official", "official2"


def catalogue(line: Line, tender: Tender) -> dict[str, Any]:
    """归档目录 as the official sees it."""
    found: dict[str, Any] = line.person(PROPOSER).get(f"/v1/projects/{tender.project_id}/archive")
    return found


def run_archive(line: Line, tender: Tender) -> str:
    """归档: nothing is missing; who proposed may not approve; returns the package's id once it is sealed."""
    gaps = [item["id"] for item in catalogue(line, tender)["items"] if item["state"] in {"missing", "due"}]
    if gaps:
        raise AssertionError(f"records are missing: {gaps}")
    path = f"/v1/projects/{tender.project_id}/archive/proposal"
    package = str(line.person(PROPOSER).post(path, {"reason": ""})["id"])
    try:
        line.person(PROPOSER).post(f"/v1/archive/packages/{package}/approve")
    except Refusal as refusal:
        if refusal.status != 403:
            raise
    else:
        raise AssertionError("the same official proposed and approved")
    line.person(APPROVER).post(f"/v1/archive/packages/{package}/approve")
    line.until(lambda: catalogue(line, tender)["package"]["state"] == "sealed", "the package is sealed", 180)
    line.witnessed()
    return package


def fetch(line: Line, package: str, out: Path) -> Path:
    """The sealed bag into a folder of evidence."""
    folder = out / BAG
    folder.mkdir(exist_ok=True)
    path = folder / f"archive-{package}.tar"
    path.write_bytes(line.person(PROPOSER).raw(f"/archive/packages/{package}/bag"))
    return path
