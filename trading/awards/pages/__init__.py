"""Pages of a result: what everyone sees, what the tenderer does, what a bidder does."""

from litestar.types import ControllerRouterHandler

from trading.awards.pages import deciding, objecting, showing

ROUTES: tuple[ControllerRouterHandler, ...] = (*showing.ROUTES, *objecting.ROUTES, *deciding.ROUTES)
