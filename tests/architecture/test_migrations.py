"""One line of history, its end pinned, its files in its order."""

import re

from migrations.apply import FOLDER, history, pinned_head

NAME = re.compile(r"\d{12}_[a-z]+(_[a-z0-9]+)+\.py")


def test_the_history_is_one_line_to_the_pinned_head() -> None:
    line = list(history().walk_revisions())
    assert history().get_heads() == [pinned_head()]
    assert [step.down_revision for step in line] == [step.revision for step in line[1:]] + [None]


def test_file_names_tell_the_order() -> None:
    names = sorted(path.name for path in (FOLDER / "versions").glob("*.py"))
    assert [name for name in names if not NAME.fullmatch(name)] == []
    ordered = [str(step.module.__file__).rsplit("/", 1)[-1] for step in history().walk_revisions()]
    assert names == ordered[::-1]
