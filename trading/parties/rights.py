"""What an actor must show before a service of this package serves him; plain checks on the actor."""

from datetime import datetime, timedelta

from trading.kernel.clock import system_now
from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.parties.errors import SessionNeeded, StepUpNeeded

STEP_UP_LIFE = timedelta(minutes=15)


def demand_admin(actor: Actor) -> None:
    """The administrator, or the platform itself when it is set up."""
    if not actor.has("admin", "system"):
        raise Forbidden


def demand_session(actor: Actor) -> None:
    """A person at a browser, not a program with a token."""
    if actor.session_id is None:
        raise SessionNeeded


def stepped_up(actor: Actor, *, now: datetime | None = None) -> bool:
    """Whether the person has proved himself within the last quarter of an hour (signing in counts)."""
    return actor.step_up_at is not None and (now or system_now()) - actor.step_up_at < STEP_UP_LIFE


def demand_step_up(actor: Actor) -> None:
    """Fresh proof, for acts whose harm is done at once: a new token here; opening and awards elsewhere (R53)."""
    demand_session(actor)
    if not stepped_up(actor):
        raise StepUpNeeded
