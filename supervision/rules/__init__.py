"""The rules (监察规则): one file each, pure, over a lot's journal entries and milestones.

A rule has an id, its article, a severity, and the dated rows it measures by in `rules.toml`; where the lot's own
profile has the row, that one counts. Its words are `supervision.rule.<id>` in the catalogues.
"""

from collections.abc import Callable, Iterator

from supervision.rules import draw_window, late_refund, skipped_step
from supervision.stories import Story
from supervision.types import Judged

Look = Callable[[Story], Iterator[Judged]]
RULES: dict[str, Look] = {
    "late_refund": late_refund.look,
    "skipped_step": skipped_step.look,
    "draw_window": draw_window.look,
}
