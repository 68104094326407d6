"""The working-day calendar: anyone may look, officials keep it."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery

from trading.kernel.clock import platform_now
from trading.kernel.identity import PUBLIC, allow
from trading.projects import reads, service
from trading.projects.calendar import local_day
from trading.projects.forms import CalendarDayForm, CalendarYearForm
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page, redirect

CALENDAR = "projects/calendar.html"


async def _context(session: Session, year: int) -> dict[str, Any]:
    calendar = await reads.calendar(session)
    return {
        "year": year,
        "days": await reads.calendar_days(session, year),
        "published": year in calendar.published_years,
        "years": sorted({*calendar.published_years, max(calendar.published_years, default=year) + 1, year}),
        "day_form": Form(CalendarDayForm),
        "year_form": Form(CalendarYearForm, {"year": [str(year)]}),
    }


@get("/calendar", opt=PUBLIC)
async def calendar(
    request: WebRequest, session: Session, year: FromQuery[int] = 0, day: FromQuery[str] = ""
) -> Response[bytes]:
    """A year's holidays and make-up working days; with `day` the form starts with that one, for changing it."""
    shown = year if 2000 <= year <= 2199 else local_day(await platform_now(session)).year
    context = await _context(session, shown)
    chosen = next((each for each in context["days"] if each.day.isoformat() == day), None)
    if chosen:
        context["day_form"] = Form.of(CalendarDayForm(day=chosen.day, working=chosen.working, name=chosen.name))
    return page(request, CALENDAR, **context)


@post("/calendar/days", opt=allow("official"))
async def set_day(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """Enter a day."""
    context = await _context(session, local_day(await platform_now(session)).year)
    command = await parse(request, CalendarDayForm, CALENDAR, **context)
    await service.set_day(
        session, actor, day=command.day, working=command.working, name=command.name, until=command.until
    )
    return redirect(f"/calendar?year={command.day.year}", flash="projects.day_set")


@post("/calendar/years", opt=allow("official"))
async def publish_year(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """Declare a year known."""
    context = await _context(session, local_day(await platform_now(session)).year)
    command = await parse(request, CalendarYearForm, CALENDAR, **context)
    await service.publish_year(session, actor, year=command.year, source=command.source)
    return redirect(f"/calendar?year={command.year}", flash="projects.year_published", year=command.year)


ROUTES = (calendar, set_day, publish_year)
