"""Life of an alert: what is not in this table does not happen."""

from trading.kernel.states import Transitions

ALERT = Transitions(
    {
        ("raised", "assign"): "assigned",
        ("assigned", "assign"): "assigned",
        ("answered", "assign"): "answered",
        ("assigned", "ask"): "asked",
        ("answered", "ask"): "asked",
        ("asked", "answer"): "answered",
        ("assigned", "close"): "closed",
        ("asked", "close"): "closed",
        ("answered", "close"): "closed",
    }
)
STATES = ("raised", "assigned", "asked", "answered", "closed")
OPEN = STATES[:-1]
