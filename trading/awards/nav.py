"""What the menu shows of results: a bidder's own."""

from trading.web.nav import NavItem

ITEMS = (NavItem("awards.nav", "/results", roles=("bidder",), order=60),)
