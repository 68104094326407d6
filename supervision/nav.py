"""What the menu shows of supervision."""

from trading.web.nav import NavItem

_ASKED = ("tenderer", "agency", "official", "finance")
ITEMS = (
    NavItem("supervision.nav", "/supervision", ("supervisor",), order=12),
    NavItem("supervision.nav_alerts", "/supervision/alerts", ("supervisor",), order=13),
    NavItem("supervision.nav_questions", "/supervision/questions", _ASKED, order=65),
)
