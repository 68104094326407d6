"""What the menu shows of funds."""

from trading.web.nav import NavItem

ITEMS = (
    NavItem("funds.nav.ledger", "/finance", ("finance", "supervisor"), order=40),
    NavItem("funds.nav.refunds", "/finance/refunds", ("finance", "supervisor"), order=39),
    NavItem("funds.nav.suspense", "/finance/suspense", ("finance",), order=41),
)
