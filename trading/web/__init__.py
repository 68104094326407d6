"""Pages, forms, errors and their words: what stands between a service and a person's browser. No domain noun here."""
