"""场地日程 (schedule): rooms, their hours, their bookings; no room is used twice at once, and a no is explained."""
