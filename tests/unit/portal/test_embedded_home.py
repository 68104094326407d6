"""Where embedded servers keep things: private, short enough for a socket, and never in somebody else's folder."""

import os
import stat
from pathlib import Path

import pytest

from portal.embedded import home as embedded
from portal.embedded.home import Account, EmbeddedError, Home
from portal.embedded.ports import GRPC_OFFSET, HIGHEST, LOWEST, free_ports
from portal.embedded.process import runs_with


@pytest.fixture
def as_ourselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests, the servers' account is his own."""
    monkeypatch.setattr(embedded, "unprivileged_account", lambda: None)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("as_ourselves")
def test_a_secret_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.secret("s3") == Home(tmp_path / "home").secret("s3")
    assert home.secret("s3") != home.secret("trading_app")
    assert mode(home.root / "secrets" / "s3") == 0o600
    assert mode(home.root / "secrets") == mode(home.root) == 0o700


@pytest.mark.usefixtures("as_ourselves")
def test_a_deep_home_has_its_sockets_in_a_short_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(embedded, "SOCKET_PATH_LIMIT", len(str(tmp_path)) + 60)
    near, deep = Home(tmp_path / "h"), Home(tmp_path / ("d" * 60))
    assert near.socket_folder() == near.root / "run"
    assert deep.socket_folder().parent == tmp_path
    assert deep.socket_folder() == deep.socket_folder()
    assert mode(deep.socket_folder()) == 0o700

    deep.socket_folder().chmod(0o777)
    with pytest.raises(EmbeddedError, match="belongs to someone else"):
        deep.socket_folder()


def test_a_home_the_servers_cannot_reach_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "unprivileged_account", lambda: Account(os.getuid(), os.getgid(), "nobody"))
    (tmp_path / "closed").mkdir(mode=0o700)
    with pytest.raises(EmbeddedError, match="closed to the account nobody"):
        Home(tmp_path / "closed" / "home")


@pytest.mark.usefixtures("as_ourselves")
def test_the_home_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_HOME", str(tmp_path / "mine"))
    assert Home().root == tmp_path / "mine"


@pytest.mark.usefixtures("as_ourselves")
def test_a_home_serves_one_platform_at_a_time(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with (
        home.claimed(),
        pytest.raises(EmbeddedError, match=rf"process {os.getpid()}\)"),
        Home(home.root).claimed(),
    ):
        pytest.fail("the second platform started")
    with home.claimed():
        assert (home.root / "locks" / "platform").read_text() == f"{os.getpid()}\n"


def test_ports_do_not_meet_each_others_twins() -> None:
    ports = free_ports(8)
    with_twins = {port + offset for port in ports for offset in (0, GRPC_OFFSET)}
    assert len(with_twins) == 16
    assert all(LOWEST <= port <= HIGHEST for port in ports)


def test_a_pid_counts_only_with_our_folder_in_its_command_line() -> None:
    own = Path(f"/proc/{os.getpid()}/cmdline").read_bytes().split(b"\0")[0].decode()
    assert runs_with(os.getpid(), own)
    assert not runs_with(os.getpid(), "/var/lib/trading/postgres")
    assert not runs_with(2**22 + 1, own)
