"""One whole platform for the journeys of a worker: servers, web, worker, relay, witness, three trustees' programs.

Everything in it is a process of its own, reached over HTTP; the demonstration clock makes weeks pass in seconds. The
home is thrown away afterwards, and what a killed run left behind is stopped before the next begins.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.demo.city import places_of
from portal.demo.enrolment import enrol_everyone
from portal.demo.line import SEATS, Line
from portal.embedded.home import ROOT_HOME, Home
from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.seaweedfs import EmbeddedSeaweedFS
from portal.platform import EmbeddedPlatform
from tests.servers import checkout_home

STAFF = ("official", "supervisor", "notary", "witness", *(f"trustee-{seat}" for seat in SEATS))


def quiet(_: str) -> None:
    """Nobody listens to a test."""


def fresh_home(kind: str = "j") -> Home:
    """An empty home for this worker's platform, with a path short enough for a socket."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    root = checkout_home() / f"{kind}-{worker}"
    binaries = ROOT_HOME / "bin" if os.geteuid() == 0 else None
    if root.exists():
        left = Home(root, binaries=binaries)
        EmbeddedSeaweedFS(left).stop()
        EmbeddedPostgres(left).stop()
        shutil.rmtree(root)
    return Home(root, binaries=binaries)


@pytest.fixture(scope="session")
def platform() -> Iterator[EmbeddedPlatform]:
    """Started once a worker, with people of every role; stopped and thrown away however the tests end."""
    home = fresh_home()
    try:
        with EmbeddedPlatform(home, say=quiet) as running:
            enrol_everyone(running.settings)
            yield running
    finally:
        shutil.rmtree(home.root, ignore_errors=True)


@pytest.fixture(scope="session")
def line(platform: EmbeddedPlatform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """The people of the city and their own machines.

    Staff sign in here, once: a code of the second factor is good once, so that nobody later waits for the next.
    """
    workspace: Path = tmp_path_factory.mktemp("people")
    people = Line(places_of(platform), workspace, quiet)
    for login in STAFF:
        people.person(login)
    yield people
    people.close()
