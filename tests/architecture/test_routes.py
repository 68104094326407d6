"""Every route says whom it admits, and the guard that asks stands before all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from portal.app import create_app
from trading.kernel.identity import Permit
from trading.kernel.settings import (
    DatabaseSettings,
    JournalSettings,
    KeysSettings,
    ObjectsSettings,
    Settings,
    WebSettings,
)
from trading.kernel.signing import make_keys
from trading.web.guard import permit_guard


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """Assembled as for a demonstration, so that its extra routes are looked at too; it connects to nothing."""
    folder = tmp_path_factory.mktemp("keys")
    make_keys(folder, "a passphrase for one test")
    return create_app(unconnected(folder))


def unconnected(keys: Path) -> Settings:
    return Settings(
        database=DatabaseSettings(app="postgresql://trading_app@/none?host=/nonexistent"),
        objects=ObjectsSettings(endpoint="127.0.0.1:1", access_key="x", secret_key="x"),
        keys=KeysSettings(folder=keys, passphrase="a passphrase for one test"),
        journal=JournalSettings(origin="demo/architecture"),
        web=WebSettings(base_url="http://127.0.0.1:1", secret="s" * 40, demo=True),
    )


def handlers(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path}: only HTTP routes are guarded"
        for handler in route.route_handlers:
            if handler.http_methods != {"OPTIONS"}:  # Litestar adds these; without a permit they answer nobody
                yield f"{'|'.join(sorted(handler.http_methods))} {route.path}", handler


def test_every_route_states_its_permit(app: Litestar) -> None:
    silent = [where for where, handler in handlers(app) if not isinstance(handler.opt.get("permit"), Permit)]
    assert silent == []


def test_the_guard_stands_before_every_route(app: Litestar) -> None:
    open_to_all = [where for where, handler in handlers(app) if permit_guard not in handler.resolve_guards()]
    assert open_to_all == []


def test_nothing_changes_by_following_a_link(app: Litestar) -> None:
    """GET with a body or a form is how a link becomes an order."""
    orders = [
        where
        for where, handler in handlers(app)
        if "GET" in handler.http_methods and "data" in handler.parsed_fn_signature.parameters
    ]
    assert orders == []
