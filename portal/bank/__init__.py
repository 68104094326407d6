"""A bank for demonstrations: its own process and folder; it knows payments and nothing of the platform's lots."""
