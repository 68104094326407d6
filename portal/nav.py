"""What the menu shows of the portal itself."""

from trading.web.nav import EVERYONE, SIGNED_IN, NavItem

ITEMS = (
    NavItem(key="portal.nav.today", url="/today", roles=SIGNED_IN, order=10),
    NavItem(key="portal.nav.verify", url="/about/verify", roles=EVERYONE, order=510, footer=True),
)
