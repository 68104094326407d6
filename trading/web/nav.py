"""The menu: each package's `nav.py` exports `ITEMS`, portal hands them to `Site`, a person sees what fits the role."""

import msgspec

from trading.kernel.identity import Actor

EVERYONE: tuple[str, ...] = ()
SIGNED_IN: tuple[str, ...] = ("*",)


class NavItem(msgspec.Struct, frozen=True):
    """One entry. `key` names its words; `roles` is `EVERYONE`, `SIGNED_IN` or role names; lower `order` comes first.

    With `footer` it stands at the foot of the page instead of in the menu.
    """

    key: str
    url: str
    roles: tuple[str, ...] = EVERYONE
    order: int = 100
    footer: bool = False

    def shown_to(self, actor: Actor) -> bool:
        """Whether this person sees the entry; the route's own permit is what protects it."""
        if self.roles == EVERYONE:
            return True
        return actor.signed_in and (self.roles == SIGNED_IN or actor.has(*self.roles))


class NavLink(msgspec.Struct, frozen=True):
    """An entry as the layout prints it."""

    key: str
    url: str
    current: bool
    footer: bool


def menu(items: tuple[NavItem, ...], actor: Actor, path: str) -> tuple[NavLink, ...]:
    """The entries this person sees, in order; the longest address that begins the path is the current one."""
    shown = sorted((item for item in items if item.shown_to(actor)), key=lambda item: (item.order, item.url))
    matching = [item.url for item in shown if path == item.url or path.startswith(item.url.rstrip("/") + "/")]
    current = max(matching, key=len, default=None)
    if current == "/" != path:
        current = None
    return tuple(NavLink(item.key, item.url, item.url == current, item.footer) for item in shown)
