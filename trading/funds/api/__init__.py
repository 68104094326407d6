"""Funds for programs: deposits and the bank's statements; refunds, payment files and the bank's orders."""

from trading.funds.api import deposits, refunds

ROUTES = (*deposits.ROUTES, *refunds.ROUTES)
