"""What the menu shows of schedule."""

from trading.web.nav import NavItem

ITEMS = (
    NavItem("schedule.nav", "/schedule", order=15),
    NavItem("schedule.nav_rooms", "/schedule/rooms", ("official",), order=78),
)
