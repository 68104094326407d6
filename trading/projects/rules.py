"""Statutory dates and amounts of a registration, pure: what to propose, and what to refuse with its article.

A date is judged by its day in Beijing. The first day of a period is not counted and its last day never falls on a rest
day (`calendar.py`); periods that lead up to the deadline are counted back from the deadline's day, which is not counted
either. The numbers come from the profile row in force on the day of the notice.
"""

import datetime as dt
from typing import Any

import msgspec

from trading.projects.calendar import BEIJING, WorkingCalendar, local_day
from trading.projects.profile import Parameter, Profile
from trading.projects.types import EvaluationTerms

FEN_PER_YUAN = 100


class Timetable(msgspec.Struct, frozen=True):
    """The dates a tenderer decides."""

    notice_on: dt.date
    issue_from: dt.date
    issue_to: dt.date
    deadline_at: dt.datetime

    @property
    def deadline_day(self) -> dt.date:
        """截止之日."""
        return local_day(self.deadline_at)


class Derived(msgspec.Struct, frozen=True):
    """The dates that follow from the deadline: the last day to clarify, the last day to object."""

    clarify_until: dt.date
    objection_until: dt.date


class Proposal(msgspec.Struct, frozen=True):
    """The earliest lawful timetable for a notice day, what follows from it, and the fields that are provisional."""

    timetable: Timetable
    derived: Derived
    provisional: tuple[str, ...]


class Violation(msgspec.Struct, frozen=True):
    """One field that breaks one rule, and the nearest value that would not. `lawful` is a day, or an amount in fen."""

    field: str
    code: str
    lawful: dt.date | int
    rule: Parameter | None = None

    def params(self) -> dict[str, Any]:
        """What the words of the refusal may use."""
        rule = self.rule
        if rule is None:
            return {"lawful": self.lawful}
        return {
            "lawful": self.lawful,
            "parameter": rule.id,
            "value": rule.value,
            "article": rule.article,
        }


def derive(profile: Profile, calendar: WorkingCalendar, timetable: Timetable) -> Derived:
    """The days counted back from the deadline (TBR 21, 22)."""
    deadline, notice = timetable.deadline_day, timetable.notice_on
    return Derived(
        clarify_until=calendar.before(deadline, profile.parameter("clarification_lead", notice).value),
        objection_until=calendar.before(deadline, profile.parameter("objection_lead", notice).value),
    )


def propose(profile: Profile, calendar: WorkingCalendar, notice_on: dt.date) -> Proposal:
    """The earliest lawful timetable if the notice appears on this day and the documents with it."""
    issue = profile.parameter("issue_period", notice_on)
    bids = profile.parameter("bid_period", notice_on)
    deadline = calendar.after(notice_on, bids.value, bids.unit).day
    clock = dt.time.fromisoformat(profile.proposal.deadline_time)
    timetable = Timetable(
        notice_on=notice_on,
        issue_from=notice_on,
        issue_to=calendar.after(notice_on, issue.value, issue.unit).day,
        deadline_at=dt.datetime.combine(deadline, clock, BEIJING).astimezone(dt.UTC),
    )
    return Proposal(timetable, derive(profile, calendar, timetable), provisional(profile, calendar, timetable))


def check(
    profile: Profile, calendar: WorkingCalendar, timetable: Timetable, *, today: dt.date
) -> tuple[Violation, ...]:
    """Every date that breaks a rule; none for a lawful timetable."""
    if far := _too_far(timetable, today + dt.timedelta(days=profile.proposal.horizon_days)):
        return far
    on = max(timetable.notice_on, today)
    issue, bids = profile.parameter("issue_period", on), profile.parameter("bid_period", on)
    issue_end = calendar.after(timetable.issue_from, issue.value, issue.unit).day
    bid_end = calendar.after(timetable.issue_from, bids.value, bids.unit).day
    found: list[Violation] = []
    if timetable.notice_on < today:
        found.append(Violation("notice_on", "projects.day_past", today))
    if timetable.issue_from < on:
        found.append(Violation("issue_from", "projects.issue_before_notice", on, issue))
    if timetable.issue_to < issue_end:
        found.append(Violation("issue_to", "projects.issue_too_short", issue_end, issue))
    if timetable.deadline_day < bid_end:
        found.append(Violation("deadline_at", "projects.deadline_too_early", bid_end, bids))
    elif timetable.deadline_day < timetable.issue_to:
        found.append(Violation("deadline_at", "projects.deadline_before_issue_end", timetable.issue_to))
    return tuple(found)


def check_evaluation(profile: Profile, on: dt.date, terms: EvaluationTerms) -> tuple[Violation, ...]:
    """Terms of evaluation (评标办法): points add up, E1 exceeds E2, k stays in its range; fields without a prefix."""
    found: list[Violation] = []
    least = profile.parameter("scored_items", on)
    if len(terms.items) < least.value:
        found.append(Violation("evaluation.items", "projects.evaluation_items", least.value, least))
    total = profile.parameter("evaluation_total", on)
    rest = total.value * 100 - sum(item.full for item in terms.items)
    if terms.price.full != rest:
        lawful = max(rest, 0)
        found.append(Violation("evaluation.price.full", "projects.evaluation_total", lawful, total))
    if terms.price.above <= terms.price.below:
        rule = profile.parameter("price_slopes", on)
        found.append(Violation("evaluation.price.above", "projects.evaluation_slopes", terms.price.below, rule))
    most = profile.parameter("benchmark_k", on)
    if terms.price.k > most.value * 100:
        found.append(Violation("evaluation.price.k", "projects.evaluation_k", most.value * 100, most))
    titles = [item.title for item in terms.items]
    found += [
        Violation(f"evaluation.items.{index}.title", "projects.evaluation_twice", index)
        for index, title in enumerate(titles)
        if title in titles[:index]
    ]
    return tuple(found)


def _too_far(timetable: Timetable, last: dt.date) -> tuple[Violation, ...]:
    """A typing error (2062 for 2026) is told as one, before any counting."""
    days = {
        "notice_on": timetable.notice_on,
        "issue_from": timetable.issue_from,
        "issue_to": timetable.issue_to,
        "deadline_at": timetable.deadline_day,
    }
    return tuple(Violation(field, "projects.day_too_far", last) for field, day in days.items() if day > last)


def provisional(profile: Profile, calendar: WorkingCalendar, timetable: Timetable) -> tuple[str, ...]:
    """The fields whose minimum period, or whose chosen day, lies in a year with no published rest days."""
    start, day = timetable.issue_from, timetable.notice_on
    ends = {
        "issue_to": (profile.parameter("issue_period", day), timetable.issue_to),
        "deadline_at": (profile.parameter("bid_period", day), timetable.deadline_day),
    }
    return tuple(
        field
        for field, (rule, chosen) in ends.items()
        if calendar.after(start, rule.value, rule.unit).provisional or calendar.is_provisional(chosen)
    )


def check_amounts(
    profile: Profile, on: dt.date, *, estimate: int, ceiling: int | None, deposit: int
) -> tuple[Violation, ...]:
    """Ceiling and deposit of a lot against its estimate (估算价), all in fen; field names without a prefix."""
    found: list[Violation] = []
    share = profile.parameter("ceiling_share", on)
    if ceiling is not None and ceiling * 100 > estimate * share.value:
        found.append(Violation("ceiling_fen", "projects.ceiling_too_high", estimate * share.value // 100, share))
    part, cap = profile.parameter("deposit_share", on), profile.parameter("deposit_cap", on)
    largest = estimate * part.value // 100
    if deposit > min(largest, cap.value * FEN_PER_YUAN):
        by_share = largest <= cap.value * FEN_PER_YUAN
        found.append(
            Violation(
                "deposit_fen",
                "projects.deposit_share" if by_share else "projects.deposit_cap",
                largest if by_share else cap.value * FEN_PER_YUAN,
                part if by_share else cap,
            )
        )
    return tuple(found)
