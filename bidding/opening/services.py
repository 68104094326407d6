"""The verbs of an opening that the owners of other boxes call: a draw settles its escrow as a lot settles its bids."""

from bidding.opening.settling import settle_phase

__all__ = ["settle_phase"]
