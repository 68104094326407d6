"""`trading ocds export` against a server of one's own that speaks the platform's packages."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from notices.ocds.cli import ocds
from notices.ocds.packages import release_package
from notices.ocds.paths import FEED_PATH, package_path
from portal.cli import trading
from tests.factories.released import PROJECT, PROJECT_ID, PUBLISHER, opened_release, stored, tender_release

ELSEWHERE = "https://elsewhere.example"
PAGES = {
    FEED_PATH: release_package(
        [stored(opened_release())], PUBLISHER, base_url=ELSEWHERE, path=FEED_PATH, more=f"{FEED_PATH}?after=x"
    ),
    f"{FEED_PATH}?after=x": release_package([stored(tender_release())], PUBLISHER, base_url=ELSEWHERE, path=FEED_PATH),
    package_path(PROJECT_ID): b'{"releases":[]}',
}


class Platform(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES.get(self.path)
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or json.dumps({"code": "notices.release_unknown"}).encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Platform) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_every_release_on_a_line_of_its_own_the_oldest_first(url: str, tmp_path: Path) -> None:
    """The next page is asked of the same platform, whatever address the page names."""
    out = tmp_path / "all.jsonl"
    done = CliRunner().invoke(ocds, ["export", "--url", url, "--out", str(out)])
    assert (done.exit_code, out.read_bytes().splitlines()) == (0, [tender_release(), opened_release()])


def test_one_project_to_standard_output(url: str) -> None:
    done = CliRunner().invoke(trading, ["ocds", "export", "--url", url, "--project", PROJECT])
    assert (done.exit_code, done.output) == (0, '{"releases":[]}')


def test_what_is_not_there_is_said_in_a_line(url: str) -> None:
    other = PROJECT.replace("aa", "bb")
    done = CliRunner().invoke(ocds, ["export", "--url", url, "--project", other])
    assert (done.exit_code, "404 notices.release_unknown" in done.output) == (1, True)


def test_nobody_there() -> None:
    done = CliRunner().invoke(ocds, ["export", "--url", "http://127.0.0.1:9"])
    assert (done.exit_code, "does not answer" in done.output) == (1, True)
