"""Pages of projects: the list, the registration form and its confirmation, the project, the lot, the calendar."""

from litestar.types import ControllerRouterHandler

from trading.projects.pages import calendar, editing, listing, showing

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *listing.ROUTES,
    *editing.ROUTES,
    *showing.ROUTES,
    *calendar.ROUTES,
)
