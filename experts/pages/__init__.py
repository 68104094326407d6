"""Pages of roster and draw: one controller a theme, the same services as the API."""

from experts import check_pages
from experts.pages import draws, planning, roster, taking_part

ROUTES = (*roster.ROUTES, *planning.ROUTES, *draws.ROUTES, *taking_part.ROUTES, *check_pages.ROUTES)
