"""Roster and draw for programs: one controller a theme, the same services as the pages."""

from experts.api import draws, roster, taking_part

ROUTES = (*roster.ROUTES, *draws.ROUTES, *taking_part.ROUTES)
