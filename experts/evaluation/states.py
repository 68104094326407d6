"""How far an evaluation is (评标阶段): what is not in this table does not happen."""

from trading.kernel.states import Transitions

EVALUATION = Transitions(
    {
        ("seated", "accept"): "reviewing",  # the last member has accepted the discipline statement
        ("reviewing", "score"): "scoring",
        ("reviewing", "choose"): "choosing",
        ("reviewing", "report"): "signing",  # every bid rejected: there is nothing to score (招标投标法 42)
        ("choosing", "score"): "scoring",
        ("choosing", "report"): "signing",
        ("scoring", "report"): "signing",
        ("signing", "finish"): "done",
        # A member is replaced: whoever comes begins with the statement, and with a review of his own.
        ("seated", "replace"): "seated",
        ("reviewing", "replace"): "seated",
        ("choosing", "replace"): "seated",
        ("scoring", "replace"): "seated",
    }
)
STAGES = ("seated", "reviewing", "choosing", "scoring", "signing", "done")
KINDS = {"reviewing": "review", "choosing": "choice", "scoring": "score"}
"""The sheet that each stage asks of every member."""
