"""Who books and who sees: openings are public once the notice is out, evaluations are not (TBL 38, 保密)."""

from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.schedule.types import BookingView

KEEPERS = ("official",)
STAFF = ("official", "supervisor", "system")


def demand_keeper(actor: Actor) -> None:
    """Officials of the trading centre keep rooms and bookings."""
    if not actor.has(*KEEPERS, "system"):
        raise Forbidden


def is_staff(actor: Actor) -> bool:
    """Whether the actor may know where and when bids are evaluated."""
    return actor.has(*STAFF)


def sees(actor: Actor, booking: BookingView) -> bool:
    """Anyone what is public, its own side an opening before its notice, staff everything."""
    if booking.is_public or is_staff(actor):
        return True
    own = actor.has("tenderer", "agency") and actor.org_id is not None and actor.org_id in booking.org_ids
    return booking.purpose == "opening" and own
