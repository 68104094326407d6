"""Life of a draw: what is not in this table does not happen. Times within `announced` are the announcement's own."""

from trading.kernel.states import Transitions

DRAW = Transitions(
    {
        ("proposed", "announce"): "announced",
        ("announced", "compute"): "calling",
        ("calling", "complete"): "complete",
        ("calling", "exhaust"): "exhausted",
        ("complete", "replace"): "calling",
        ("complete", "unlock"): "unlocked",
        ("unlocked", "replace"): "calling",
        ("proposed", "cancel"): "cancelled",
        ("announced", "cancel"): "cancelled",
        ("calling", "cancel"): "cancelled",
        ("complete", "cancel"): "cancelled",
        ("exhausted", "cancel"): "cancelled",
    }
)
DRAW_STATES = ("proposed", "announced", "calling", "complete", "exhausted", "unlocked", "cancelled")
