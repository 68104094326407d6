"""The refusals of schedule; each conflict says which rule or which booking, and when the room is next free."""

from trading.kernel.errors import NotFound, Refused


class RoomUnknown(NotFound):
    """No such room."""

    code = "schedule.room_unknown"


class BookingUnknown(NotFound):
    """No such booking, or not for this reader."""

    code = "schedule.booking_unknown"


class RoomNameTaken(Refused):
    """The site already has a room of this name."""

    code = "schedule.name_taken"


class AlreadyBooked(Refused):
    """The subject has a room for this purpose; it is moved, not booked twice."""

    code = "schedule.already_booked"


class NotBookable(Refused):
    """The lot needs no room any more."""

    code = "schedule.not_bookable"


class Begun(Refused):
    """What has begun is neither moved nor cancelled."""

    code = "schedule.begun"


class Past(Refused):
    """A room is booked for a time to come."""

    code = "schedule.past"


class NotAtDeadline(Refused):
    """招标投标法 34: the opening is held at the deadline."""

    code = "schedule.not_at_deadline"


class BeforeOpeningEnds(Refused):
    """Bids are evaluated after they are opened."""

    code = "schedule.before_opening_ends"


class NoRoomInSight(Refused):
    """Nothing is free for so long within the horizon."""

    code = "schedule.no_room_in_sight"


class RestDay(Refused):
    """The day is not worked."""

    code = "schedule.rest_day"


class NoHours(Refused):
    """The room is not used on this weekday."""

    code = "schedule.no_hours"


class OutsideHours(Refused):
    """The span leaves the room's hours."""

    code = "schedule.outside_hours"


class OtherPurpose(Refused):
    """The room is not for this."""

    code = "schedule.other_purpose"


class Closed(Refused):
    """The room is closed then."""

    code = "schedule.closed"


class TakenByOpening(Refused):
    """An opening is held there then."""

    code = "schedule.taken_by_opening"


class TakenByEvaluation(Refused):
    """An evaluation is held there then."""

    code = "schedule.taken_by_evaluation"


CONFLICTS: dict[str, type[Refused]] = {
    refusal.code: refusal
    for refusal in (RestDay, NoHours, OutsideHours, OtherPurpose, Closed, TakenByOpening, TakenByEvaluation)
}
