"""Pages of funds: a bidder's own deposit, and what finance and supervision see of the money."""

from trading.funds.pages import deposit, ledger, own, refunds

ROUTES = (*deposit.ROUTES, *ledger.ROUTES, *own.ROUTES, *refunds.ROUTES)
