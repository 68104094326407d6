"""What the menu shows of this package."""

from trading.web.nav import NavItem

ITEMS = (NavItem(key="roster.nav", url="/experts/roster", roles=frozenset({"official", "supervisor"}), order=240),)
