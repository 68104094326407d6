"""Pages of roster and draw."""

ROUTES: tuple[()] = ()
