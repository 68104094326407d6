"""What the journal says of the roster and of a draw. Roster entries carry counts and salted digests, never a person."""

from experts.proof import facts
from trading.kernel.journal.actions import Action

_ROSTER, _PACKAGE = "roster", "draws"
"""Whose catalogues have the sentences."""
ROSTER = "roster:experts"

ROSTER_PROPOSED = Action("experts:change:proposed", _ROSTER)
ROSTER_CONFIRMED = Action("experts:change:confirmed", _ROSTER)
ROSTER_REJECTED = Action("experts:change:rejected", _ROSTER)
EXPERT_SEEN = Action("experts:record:seen", _ROSTER)
ROSTER_ROOTED = Action(facts.ROSTER_ROOTED, _ROSTER)

DRAW_PROPOSED = Action("draw:draw:proposed", _PACKAGE)
DRAW_BEGUN = Action("lot:draw:begun", _PACKAGE)
ANNOUNCED = Action(facts.ANNOUNCED, _PACKAGE)
FILTERED = Action(facts.FILTERED, _PACKAGE)
COMMITTED = Action(facts.COMMITTED, _PACKAGE)
REVEALED = Action(facts.REVEALED, _PACKAGE)
REVEAL_REFUSED = Action("draw:reveal:refused", _PACKAGE)
SETTLED = Action(facts.SETTLED, _PACKAGE)
BEACON_TYPED = Action(facts.BEACON_TYPED, _PACKAGE)
BEACON_REFUSED = Action("draw:beacon:refused", _PACKAGE)
COMPUTED = Action(facts.COMPUTED, _PACKAGE)
CALLED = Action(facts.CALLED, _PACKAGE)
CALL_SENT = Action("draw:call:sent", _PACKAGE)
PIN_REFUSED = Action("draw:pin:refused", _PACKAGE)
ANSWERED = Action(facts.ANSWERED, _PACKAGE)
REPLACED = Action(facts.REPLACED, _PACKAGE)
RECUSED = Action("draw:recusal:computed", _PACKAGE)
COMPLETED = Action(facts.COMPLETED, _PACKAGE)
EXHAUSTED = Action("draw:panel:exhausted", _PACKAGE)
UNLOCKED = Action(facts.UNLOCKED, _PACKAGE)
ABSENCE_DECLARED = Action(facts.ABSENCE_DECLARED, _PACKAGE, personal=("seat", "reason"))
ABSENCE_REJECTED = Action("draw:absence:rejected", _PACKAGE)
NAMES_SEEN = Action("draw:committee:seen", _PACKAGE)
CANCELLED = Action(facts.CANCELLED, _PACKAGE)
MESSAGES_SENT = Action("experts:messages:sent", _ROSTER)
