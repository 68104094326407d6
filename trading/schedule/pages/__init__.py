"""Pages of schedule: the week, the rooms, booking for a lot, calendars for other programs."""

from litestar.types import ControllerRouterHandler

from trading.schedule.pages import booking, calendars, rooms, showing

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *showing.ROUTES,
    *rooms.ROUTES,
    *booking.ROUTES,
    *calendars.ROUTES,
)
