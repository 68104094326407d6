"""What the menu shows of notices."""

from trading.web.nav import NavItem

ITEMS = (
    NavItem("notices.nav", "/notices", order=10),
    NavItem("notices.results.nav", "/notices/results", order=11),
    NavItem("notices.ocds.nav", "/open-data", order=12),
)
