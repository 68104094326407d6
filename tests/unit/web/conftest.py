"""The gallery served in process, with its own words beside those of the product."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from tests.unit.web.gallery.site import gallery_app, gallery_site
from trading.web.i18n import FOLDERS, LOCALE_DIR

GALLERY_WORDS = {
    "gallery.nav.today": ("今日", "Today"),
    "gallery.nav.notices": ("公告", "Notices"),
    "gallery.nav.projects": ("项目", "Projects"),
    "gallery.nav.secret": ("系统", "System"),
    "gallery.nav.verify": ("核验", "Verify"),
    "gallery.name": ("项目名称", "Project name"),
    "gallery.name.hint": ("与立项批复一致", "As in the approval"),
    "gallery.kind": ("类别", "Kind"),
    "gallery.price": ("控制价", "Ceiling price"),
    "gallery.opening": ("开标时间", "Opening"),
    "gallery.days": ("编制时间", "Days to prepare"),
    "gallery.method": ("评标办法", "Evaluation"),
    "gallery.note": ("备注", "Note"),
    "gallery.joint": ("接受联合体投标", "Joint bids accepted"),
    "gallery.areas": ("涉及", "Covers"),
    "gallery.lot": ("标段名称", "Lot name"),
    "gallery.plan": ("总平面图", "Site plan"),
    "gallery.done": ("“{name}”已登记。", "“{name}” is registered."),
    "gallery.ask": ("撤回投标", "Withdraw the bid"),
    "gallery.ask.text": ("撤回后不能恢复。", "This cannot be undone."),
    "gallery.state.open": ("招标中", "Open"),
    "gallery.state.draft": ("草稿", "Draft"),
    "gallery.state.closed": ("已完成", "Done"),
    "gallery.state.failed": ("流标", "Failed"),
    "error.gallery.taken": ("这个名称已经用过。", "This name is taken."),
    "error.gallery.too_early": ("开标时间早于 {earliest}，太早了。", "The opening is before {earliest}: too early."),
    "error.gallery.too_early.next": ("请选 {earliest} 之后的时间。", "Choose a time after {earliest}."),
    "parties.role.agency": ("招标代理", "Agency"),
}


@pytest.fixture(scope="session")
def locale_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("locale")
    for index, folder in enumerate(FOLDERS.values()):
        target = root / folder / "LC_MESSAGES"
        target.mkdir(parents=True)
        for name in ("web.po", "kernel.po"):
            shutil.copy(LOCALE_DIR / folder / "LC_MESSAGES" / name, target)
        head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        words = "".join(f'msgid "{key}"\nmsgstr "{words[index]}"\n\n' for key, words in GALLERY_WORDS.items())
        (target / "gallery.po").write_text(head + words)
    return root


@pytest.fixture(scope="session")
def app(locale_dir: Path) -> Litestar:
    return gallery_app(gallery_site(locale_dir))


def client(app: Litestar, **cookies: str) -> AsyncClient:
    """A browser without script."""
    return AsyncClient(transport=ASGITransport(app), base_url="http://testserver.local", cookies=cookies)


@pytest_asyncio.fixture
async def visitor(app: Litestar) -> AsyncIterator[AsyncClient]:
    """Nobody in particular."""
    async with client(app) as browser:
        yield browser


@pytest_asyncio.fixture
async def agent(app: Litestar) -> AsyncIterator[AsyncClient]:
    """Signed in as a tender agency."""
    async with client(app, agent="1") as browser:
        yield browser
