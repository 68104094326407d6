"""Every API route of the lock-box."""

from bidding import ceremony_api, submission_api

ROUTES = (*ceremony_api.ROUTES, *submission_api.ROUTES)
