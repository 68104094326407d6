"""Pages, forms, errors and their words: everything between a service and a person's browser, without one domain noun."""
