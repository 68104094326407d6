"""Every page of the lock-box."""

from bidding import bid_pages, ceremony_pages

ROUTES = (*ceremony_pages.ROUTES, *bid_pages.ROUTES)
