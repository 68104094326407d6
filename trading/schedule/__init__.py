"""日程 (schedule): rooms, their hours and bookings; no room is ever booked twice."""
