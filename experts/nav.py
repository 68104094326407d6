"""What the menu shows of this package."""

from trading.web.nav import NavItem

ITEMS = (NavItem(key="roster.nav", url="/experts/roster", roles=("official", "supervisor"), order=45),)
