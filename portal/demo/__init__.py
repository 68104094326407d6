"""Demonstrations: a city of people, a clock that moves, scenarios told over HTTP."""
