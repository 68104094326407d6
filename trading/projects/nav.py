"""What the menu shows of projects."""

from trading.web.nav import NavItem

ITEMS = (
    NavItem("projects.nav", "/projects", ("tenderer", "agency", "official", "supervisor"), order=20),
    NavItem("projects.nav_calendar", "/calendar", ("official",), order=80),
)
