"""Life of a lot (标段): what is not in this table does not happen."""

from trading.kernel.states import Transitions

LOT = Transitions(
    {
        ("draft", "register"): "registered",
        ("registered", "publish"): "published",
        ("published", "close"): "closed",
        ("closed", "begin_opening"): "opening",
        ("opening", "finish_opening"): "opened",
        ("published", "fail"): "failed",
        ("closed", "fail"): "failed",
        ("opening", "fail"): "failed",
    }
)

LOT_STATES = ("draft", "registered", "published", "closed", "opening", "opened", "failed")
PUBLIC_STATES = frozenset({"published", "closed", "opening", "opened", "failed"})
"""The notice is out: anyone may see the lot."""
