"""What the menu shows of this package."""

from trading.web.nav import SIGNED_IN, NavItem

ITEMS = (
    NavItem(key="parties.nav.me", url="/me", roles=SIGNED_IN, order=900),
    NavItem(
        key="parties.nav.invitations", url="/invitations", roles=("admin", "tenderer", "agency", "bidder"), order=220
    ),
    NavItem(key="parties.nav.organisations", url="/admin/organisations", roles=("admin",), order=200),
    NavItem(key="parties.nav.people", url="/admin/people", roles=("admin",), order=210),
    NavItem(key="parties.nav.certificates", url="/admin/certificates", roles=("admin",), order=230),
    NavItem(key="parties.nav.tokens", url="/admin/tokens", roles=("admin",), order=240),
)
