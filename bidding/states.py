"""Life of a ceremony (密钥仪式): what is not in this table does not happen."""

from trading.kernel.states import Transitions

CEREMONY = Transitions(
    {
        ("gathering", "compose"): "signing",
        ("signing", "publish"): "published",
        ("gathering", "cancel"): "cancelled",
        ("signing", "cancel"): "cancelled",
    }
)
STATES = ("gathering", "signing", "published", "cancelled")
