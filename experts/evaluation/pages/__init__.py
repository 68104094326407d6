"""Pages of the evaluation: the desk, the sheets, what follows from them, the report."""

from experts.evaluation.pages import desk, report, sheets

ROUTES = (*desk.ROUTES, *sheets.ROUTES, *report.ROUTES)
