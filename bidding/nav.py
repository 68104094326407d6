"""What the menu shows of the lock-box."""

from trading.web.nav import NavItem

ITEMS = (NavItem(key="bidding.nav.check_receipt", url="/receipts/check", order=500, footer=True),)
