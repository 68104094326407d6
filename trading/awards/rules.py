"""Statutory days between report and contract, pure: what is lawful, and what is refused with article and lawful day.

招标投标法 46–47, 招标投标法实施条例 54: the day a period starts on is not counted, its last day never falls on a rest
day (`trading.projects.calendar`). The numbers are dated rows of the profile.
"""

import datetime as dt

import msgspec

from trading.projects.calendar import WorkingCalendar, day_end, local_day
from trading.projects.profile import Profile
from trading.projects.rules import Violation


class Plan(msgspec.Struct, frozen=True):
    """The days a tenderer decides for the publicity."""

    starts_on: dt.date
    ends_on: dt.date


def last_start(profile: Profile, calendar: WorkingCalendar, received_on: dt.date) -> dt.date:
    """The last lawful day to begin, counted from the report."""
    rule = profile.parameter("publicity_start", received_on)
    return calendar.after(received_on, rule.value, rule.unit).day


def earliest_end(profile: Profile, calendar: WorkingCalendar, starts_on: dt.date) -> dt.date:
    """The first lawful last day of a publicity that begins on a day."""
    rule = profile.parameter("publicity_period", starts_on)
    return calendar.after(starts_on, rule.value, rule.unit).day


def propose(profile: Profile, calendar: WorkingCalendar, today: dt.date) -> Plan:
    """Begin now, for as short as the law allows."""
    return Plan(today, earliest_end(profile, calendar, today))


def check_publicity(
    profile: Profile, calendar: WorkingCalendar, plan: Plan, *, received_on: dt.date, today: dt.date
) -> tuple[Violation, ...]:
    """Every date that breaks a rule. Once the last day to begin is past only today is left, and is late."""
    horizon = today + dt.timedelta(days=profile.proposal.horizon_days)
    far = [name for name in ("starts_on", "ends_on") if getattr(plan, name) > horizon]
    if far:
        return tuple(Violation(name, "awards.day_too_far", horizon) for name in far)
    found: list[Violation] = []
    latest = max(last_start(profile, calendar, received_on), today)
    if plan.starts_on < today:
        found.append(Violation("starts_on", "awards.start_past", today))
    elif plan.starts_on > latest:
        rule = profile.parameter("publicity_start", received_on)
        found.append(Violation("starts_on", "awards.start_too_late", latest, rule))
    start = max(plan.starts_on, today)
    least, rule = earliest_end(profile, calendar, start), profile.parameter("publicity_period", start)
    if plan.ends_on < least:
        found.append(Violation("ends_on", "awards.publicity_too_short", least, rule))
    elif not calendar.is_working(plan.ends_on):
        found.append(Violation("ends_on", "awards.end_on_rest_day", calendar.working_from(plan.ends_on), rule))
    return tuple(found)


def is_provisional(calendar: WorkingCalendar, plan: Plan) -> bool:
    """Whether the end hangs on a year whose rest days are not published."""
    return calendar.is_provisional(plan.ends_on)


def due(profile: Profile, calendar: WorkingCalendar, key: str, start: dt.datetime) -> dt.datetime:
    """24:00 of the last day of the profile's period `key` that starts at an instant."""
    day = local_day(start)
    rule = profile.parameter(key, day)
    return day_end(calendar.after(day, rule.value, rule.unit).day)
