"""The verbs of schedule: rooms and their closed periods, bookings, proposals."""
