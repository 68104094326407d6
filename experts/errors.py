"""What the roster and a draw refuse; the words are in the catalogues `roster` and `draws`."""

from collections.abc import Sequence

from experts.roster.records import Row
from trading.kernel.errors import Forbidden, Invalid, NotFound, Refused, Unavailable


class ChangeUnknown(NotFound):
    """No such change of the roster."""

    code = "roster.change_unknown"


class RowsBad(Invalid):
    """Some rows of the file cannot be taken, so none is."""

    code = "roster.rows_bad"
    rows: Sequence[Row]

    def __init__(self, rows: Sequence[Row], good: int) -> None:
        fields = {f"{row.line}.{column}": problem for row in rows[:200] for column, problem in row.problems.items()}
        super().__init__(fields, bad=len(rows), good=good)
        self.rows = rows


class NothingChanges(Refused):
    """The file says what the roster says already."""

    code = "roster.nothing_changes"


class ChangeDecided(Refused):
    """Somebody has confirmed or rejected it."""

    code = "roster.change_decided"


class SecondPersonNeeded(Refused):
    """Who proposed cannot confirm (R54)."""

    code = "roster.second_person"


class ChangeOvertaken(Refused):
    """Another change was confirmed meanwhile that this one does not fit."""

    code = "roster.change_overtaken"


class ExpertUnknown(Invalid):
    """No expert has this number."""

    code = "roster.expert_unknown"


class DrawUnknown(NotFound):
    """No such draw."""

    code = "draws.unknown"


class DrawRunning(Refused):
    """The lot has a draw already: one lot, one order (R30)."""

    code = "draws.running"


class LotNotForDraw(Refused):
    """The lot is in no state in which a committee is drawn."""

    code = "draws.lot_state"


class RosterTooYoung(Refused):
    """No root of the roster is seven days old."""

    code = "draws.roster_too_young"


class TooFewEligible(Refused):
    """Fewer eligible experts than three times what is drawn and held in reserve: widen first."""

    code = "draws.too_few"


class TimesUnlawful(Invalid):
    """The instants do not follow one another as they must."""

    code = "draws.times"


class PlanUnlawful(Invalid):
    """The plan breaks a rule of the committee or of the draw."""

    code = "draws.plan"


class PlanOutOfTime(Refused):
    """Its first instant is over before it was confirmed."""

    code = "draws.plan_late"


class NoGateway(Unavailable):
    """No gateway is set up or it does not answer."""

    code = "draws.no_gateway"


class NotAParty(Forbidden):
    """The caller is none of the announced parties."""

    code = "draws.not_a_party"


class EscrowNotReady(Refused):
    """The trustees' keys for the escrow are not announced yet."""

    code = "draws.escrow_not_ready"


class AbsenceUnknown(NotFound):
    """No such declaration."""

    code = "draws.absence_unknown"


class AbsenceDecided(Refused):
    """Somebody has confirmed or rejected it already, or the seat is being filled."""

    code = "draws.absence_decided"


class SeatEmpty(Refused):
    """Nobody sits on this seat of the committee (any more)."""

    code = "draws.seat_empty"


class CommitTooLate(Refused):
    """T0 is over."""

    code = "draws.commit_late"


class AlreadyCommitted(Refused):
    """A commitment is given once."""

    code = "draws.committed"


class NothingCommitted(Refused):
    """A party that committed to nothing has nothing to reveal."""

    code = "draws.uncommitted"


class RevealTooEarly(Refused):
    """Commitments are still being given."""

    code = "draws.reveal_early"


class RevealTooLate(Refused):
    """T1 is over: it changes nothing any more (R69)."""

    code = "draws.reveal_late"


class RevealDiffers(Refused):
    """The number is not the one that was committed to."""

    code = "draws.reveal_differs"


class AlreadyRevealed(Refused):
    """Revealed before."""

    code = "draws.revealed"


class BeaconTooEarly(Refused):
    """The beacon's instant has not come."""

    code = "draws.beacon_early"


class BeaconWrongTurn(Refused):
    """Only the first announced beacon that was not attested missing counts."""

    code = "draws.beacon_turn"


class BeaconTwice(Refused):
    """One person is one witness."""

    code = "draws.beacon_twice"


class BeaconDiffers(Refused):
    """The two witnesses typed different values."""

    code = "draws.beacon_differs"


class AnswerRefused(Invalid):
    """Not a record of the announced gateway for one of our calls."""

    code = "draws.answer"


class CallUnknown(NotFound):
    """No such call."""

    code = "draws.call_unknown"


class CallOver(Refused):
    """The window has ended, or the call is answered."""

    code = "draws.call_over"


class PinWrong(Refused):
    """The PIN is not the expert's; some attempts are left."""

    code = "draws.pin_wrong"


class PinLocked(Refused):
    """Too many wrong PINs: this call cannot be accepted any more."""

    code = "draws.pin_locked"


class PanelIncomplete(Refused):
    """Not every seat has an expert who accepted."""

    code = "draws.panel_incomplete"


class NotOpenedYet(Refused):
    """Recusal on bidders needs the opened identities."""

    code = "draws.not_opened"


class CommitteeUnlawful(Refused):
    """The members would not make a lawful committee."""

    code = "draws.committee_unlawful"


class BeaconAwaited(Refused):
    """After the beacon's instant a draw is cancelled only with its order computed and published."""

    code = "draws.beacon_awaited"


class DrawOver(Refused):
    """The draw has come to its end, or was cancelled."""

    code = "draws.over"
