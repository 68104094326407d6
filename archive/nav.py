"""What the menu shows of the archive."""

from trading.web.nav import NavItem

ITEMS = (NavItem("archive.nav", "/archive", ("official", "supervisor"), order=85),)
"""Their own side finds its catalogue on the project's page."""
