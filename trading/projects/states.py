"""Life of a lot (标段): what is not in this table does not happen."""

from trading.kernel.states import Transitions

LOT = Transitions(
    {
        ("draft", "register"): "registered",
        ("registered", "publish"): "published",
        ("published", "close"): "closed",
        ("closed", "begin_opening"): "opening",
        ("opening", "finish_opening"): "opened",
        ("opened", "begin_evaluation"): "evaluating",
        ("evaluating", "finish_evaluation"): "evaluated",
        ("evaluated", "publicise"): "publicised",
        ("publicised", "award"): "awarded",
        ("awarded", "annul_award"): "publicised",
        ("awarded", "contract"): "contracted",
        ("published", "fail"): "failed",
        ("closed", "fail"): "failed",
        ("opening", "fail"): "failed",
        ("evaluating", "fail"): "failed",
    }
)

LOT_STATES = (
    "draft",
    "registered",
    "published",
    "closed",
    "opening",
    "opened",
    "evaluating",
    "evaluated",
    "publicised",
    "awarded",
    "contracted",
    "failed",
)
PUBLIC_STATES = frozenset(LOT_STATES) - {"draft", "registered"}
"""The notice is out: anyone may see the lot."""
