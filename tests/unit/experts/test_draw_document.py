"""A draw's public document computed again: the truth holds; whatever is changed is named at its own step (R30, R69)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import pytest

from bidding.sealing.framing import format_instant
from experts import draw
from experts.answers import sign_answer, verify_answer
from experts.proof.documents import Called, DrawDocument, Noted, Revealed, Seat
from experts.proof.draw import STEPS, Reading, Step, check, stated
from tests.factories.draws import (
    MINUTE,
    START,
    DrawStory,
    Reply,
    continued,
    document_json,
    gateway_key,
    numbered,
    pinned,
    random_draw,
    whole_draw,
)
from tests.vectors import draws as vectors
from tests.vectors.draws import applied, changes
from trading.kernel.canonical import parse_canonical


def failed(steps: tuple[Step, ...]) -> dict[str, str | None]:
    return {step.name: step.code for step in steps if step.state == "failed"}


WHOLE = whole_draw().document


def test_the_truth_holds_at_every_step():
    steps = check(WHOLE)
    assert [step.name for step in steps] == list(STEPS)
    assert {step.state for step in steps} == {"held"}
    assert msgspec.convert(parse_canonical(document_json(WHOLE)), DrawDocument) == WHOLE


@pytest.mark.parametrize("number", range(40))
def test_whatever_can_happen_in_a_draw_holds(number: int):
    """Parties silent or escrowed, a beacon missing, refusals, recusals."""
    assert failed(check(random_draw(number).document)) == {}


def test_a_draw_under_way_waits_for_its_next_steps():
    story = DrawStory().announce()
    seen = []
    for play in (story.commit, story.reveal, story.beacon, story.compute, story.call):
        seen.append([step.name for step in check(story.document) if step.state == "pending"])
        play()
    assert seen == [list(STEPS[number:]) for number in (3, 4, 5, 6, 8)]
    assert not any(step.state == "pending" for step in check(story.document))


CHANGES = changes(WHOLE)


@pytest.mark.parametrize("name", CHANGES)
def test_each_published_input_changed_fails_at_its_own_step(name: str):
    ops, step, code = CHANGES[name]
    found = failed(check(applied(WHOLE, ops)))
    assert next(iter(found.items())) == (step, code)


def test_r69_a_reveal_after_t2_changes_nothing():
    """R69: it is refused by its time, whoever shows it; without it seed and panel are what they were."""
    story = DrawStory()
    story.announce().commit().reveal(["centre", "tenderer"]).beacon().compute().call()
    assert failed(check(story.document)) == {}
    late = Revealed("supervisor", pinned("supervisor").hex(), "party", Noted("0" * 36, "2026-12-18T01:31:00.000Z"))
    added = msgspec.structs.replace(story.document, reveals=(*story.document.reveals, late), missing=())
    assert failed(check(added)) == {"reveals": "draw.reveals.late", "seed": "draw.seed"}
    by_trustees = msgspec.structs.replace(late, how="escrow")
    again = msgspec.structs.replace(added, reveals=(*story.document.reveals, by_trustees))
    assert failed(check(again))["reveals"] == "draw.reveals.late"
    assert story.compute().document.seed == story.document.seed


def test_an_escrow_may_come_until_t2():
    story = DrawStory().announce().commit().reveal(escrow=("supervisor",)).beacon().compute().call()
    assert failed(check(story.document)) == {}


def test_a_decline_cannot_be_invented():
    """Without the gateway's key no answer can be made; with another key it is not the announced one."""
    story = DrawStory().announce().commit().reveal().beacon().compute()
    place = story.progress().call[0]
    story.ring(place)
    story.now += MINUTE
    story.answer(story.document.calls[0], "declined", gateway_key("forger"))
    assert failed(check(story.document)) == {"calls": "draw.calls.answer"}


@pytest.mark.parametrize(
    ("outcome", "changes"),
    [
        ("unanswered", {"ends_at": 1, "answered_at": 2}),
        ("unanswered", {"called_at": -60, "ends_at": 1, "answered_at": 2}),
        ("unanswered", {"ends_at": 60, "answered_at": 59}),
        ("declined", {"ends_at": 60, "answered_at": 61}),
    ],
)
def test_nobody_is_skipped_by_a_short_window(outcome: Reply, changes: dict[str, int]):
    """The gateway signs the times the platform tells it; what was announced is what the person must have had."""
    story = whole_draw()
    number = next(n for n, item in enumerate(story.document.calls) if item.position == 0)
    call = story.document.calls[number]
    made = datetime.fromisoformat(call.made.at)
    story.answer(call, outcome)
    answer = verify_answer((story.document.calls[number].answer or "").encode(), story.told.gateway)
    times = {name: format_instant(made + minutes * MINUTE) for name, minutes in changes.items()}
    forged = sign_answer(msgspec.structs.replace(answer, **times), gateway_key()).decode()
    calls = list(story.document.calls)
    calls[number] = msgspec.structs.replace(calls[number], answer=forged, answered=call.answered)
    steps = check(msgspec.structs.replace(story.document, calls=tuple(calls)))
    assert failed(steps)["calls"] == "draw.calls.answer"


def test_a_recusal_brings_the_next_of_the_same_order():
    story = whole_draw()
    before = story.document.panel
    story.recuse(1)
    assert failed(check(story.document)) == {}
    assert len(story.document.panel) == len(before)
    assert story.document.panel != before
    gone = msgspec.structs.replace(story.document, replaced=())
    assert failed(check(gone))["calls"] == "draw.calls"


def test_nobody_is_replaced_who_does_not_sit():
    story = whole_draw()
    story.recuse(1)
    twice = msgspec.structs.replace(story.document, replaced=story.document.replaced * 2)
    assert failed(check(twice))["calls"] == "draw.calls.replaced"


def readings(*stories: DrawStory) -> list[tuple[Step, ...]]:
    found, before = [], None
    for story in stories:
        found.append(check(story.document, before))
        before = Reading(story.document, before)
    return found


def test_a_cancelled_draw_goes_on_in_its_order():
    """R30: cancelling and drawing again gives the same people, who declined left out."""
    first = whole_draw().cancel()
    second = continued(first)
    assert [failed(steps) for steps in readings(first, second)] == [{}, {}]
    assert second.document.panel == first.document.panel
    assert second.document.seed == first.document.seed


def test_r30_a_second_throw_is_named():
    """R30: a new draw of the same lot from the same people, as if the first had not been."""
    first = whole_draw().cancel()
    second = whole_draw(start=START + 60 * 24 * MINUTE)
    assert failed(readings(first, second)[1])["announcement"] == "draw.rerolled"


def test_a_new_throw_needs_other_people():
    first = whole_draw().cancel()
    same = whole_draw(previous=draw.Previous(first.ann.hex(), "reseeded"))
    assert failed(readings(first, same)[1]) == {"announcement": "draw.rerolled"}
    other = DrawStory(change={"previous": draw.Previous(first.ann.hex(), "reseeded")})
    other.experts = dict(list(other.experts.items())[:-3])
    other.announce().commit().reveal().beacon().compute().call()
    assert failed(readings(first, other)[1]) == {}


def test_a_continued_draw_throws_no_dice():
    first = whole_draw().cancel()
    second = continued(first)
    dice = msgspec.structs.replace(second.document, beacons=first.document.beacons)
    assert failed(check(dice, Reading(first.document))) == {"beacon": "draw.beacon"}
    alone = failed(check(second.document))
    assert (alone["announcement"], alone["seed"]) == ("draw.rerolled", "draw.seed")


def test_the_journal_says_each_step():
    """The entries that `stated` names are those the services write, each by its id."""
    log: dict[str, tuple[str, Mapping[str, Any]]] = {}
    number = numbered()

    def keep(action: str, subject: str, at: Any, payload: Mapping[str, Any]) -> str:
        entry = number(action, subject, at, payload)
        log[entry] = (action, payload)
        return entry

    story = whole_draw(keep).recuse(2)
    told = list(stated(Reading(story.document)))
    assert {item.noted.entry: (item.action, item.payload) for item in told}.items() <= log.items()
    unnamed = [action for entry, (action, _) in log.items() if entry not in {item.noted.entry for item in told}]
    assert unnamed == ["draw:panel:completed"]  # the panel before the recusal


def test_no_document_can_hold_a_name():
    fields = {name for kind in (DrawDocument, Called, Seat) for name in kind.__struct_fields__}
    assert not {name for name in fields if any(word in name for word in ("name", "phone", "employer", "person"))}


def test_the_shared_vectors_are_what_the_engine_makes():
    """`web/test/experts` holds the JavaScript twin to the same file."""
    assert (vectors.HERE / "draw.json").read_text(encoding="utf-8") == vectors.render()
