"""Pages of the evaluation: the desk, the sheets, what follows from them, the report."""

from experts.evaluation.pages import absence, desk, report, sheets

ROUTES = (*desk.ROUTES, *absence.ROUTES, *sheets.ROUTES, *report.ROUTES)
