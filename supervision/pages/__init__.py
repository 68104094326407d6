"""Pages of supervision: the console with every project's line and clocks, the alerts inbox, questions, entries."""

from litestar.types import ControllerRouterHandler

from supervision.pages import console, handling, inbox, proofs, questions

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *console.ROUTES,
    *inbox.ROUTES,
    *handling.ROUTES,
    *questions.ROUTES,
    *proofs.ROUTES,
)
