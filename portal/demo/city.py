"""The demonstration city at work: people of every role, one tender awaiting its opening, one open for bids."""

from datetime import timedelta

from portal.demo import deposits
from portal.demo.enrolment import enrol_everyone
from portal.demo.line import Line, Places, Say, Tender
from portal.demo.papers import TEXTS, tender_documents
from portal.demo.rooms import book_room, set_up_rooms
from portal.platform import TRUSTEE_SEATS, EmbeddedPlatform

BIDS = (
    ("bidder-a", 128_845_000_00, 540, "王建国"),
    ("bidder-b", 126_500_050_05, 520, "刘志强"),
    ("bidder-c", 131_000_000_00, 560, "何文博"),
)
PEOPLE, DONE = "people-enrolled", "city-loaded"


def places_of(platform: EmbeddedPlatform) -> Places:
    """What the people of this platform's city need to know."""
    folders = {seat: platform.folder(f"trustee-{seat}") for seat in TRUSTEE_SEATS}
    return Places(
        base_url=platform.base_url,
        trustees=platform.trustees,
        trustee_folders=folders,
        bank=platform.bank,
        bank_folder=platform.folder("bank"),
        gateway=platform.gateway,
        gateway_folder=platform.folder("gateway"),
    )


def load_city(platform: EmbeddedPlatform, say: Say) -> None:
    """Fill a platform that has not been filled before; a start that was broken off is taken up again."""
    marker = platform.folder("platform") / DONE
    if marker.exists():
        return
    people = platform.folder("platform") / PEOPLE
    if not people.exists():
        say("people of every role …")
        enrol_everyone(platform.settings)
        people.touch()
    line = Line(places_of(platform), platform.folder("people"), say)
    try:
        say("rooms for openings and evaluations …")
        set_up_rooms(line)
        say("a tender whose opening is due: register, publish, keys, three bids …")
        waiting = _tender(
            line, name="临江市滨江大道综合改造工程", code="2611-350100-04-01-100001", budget=135_000_000_00
        )
        deposits.pay_all(line, waiting, tuple(login for login, *_ in BIDS))
        for login, price, days, manager in BIDS:
            line.bid(waiting, login, "bid", price_fen=price, days=days, manager=manager)
        say("three weeks pass …")
        line.move_to(waiting.deadline + timedelta(minutes=1))
        say("a tender open for bids …")
        _tender(line, name="临江市第三水厂深度处理工程", code="2611-350100-04-01-100002", budget=86_000_000_00)
    finally:
        line.close()
    marker.touch()


def _tender(line: Line, *, name: str, code: str, budget: int) -> Tender:
    lot = {
        "name": "一标段施工",
        "scope": "道路、排水、照明及附属工程的施工",
        "estimate_fen": budget,
        "ceiling_fen": budget,
        "deposit_fen": 50_000_000,
        "duration_days": 600,
        "quality": "合格",
    }
    tender = line.register(name=name, code=code, lot=lot)
    for purpose in ("opening", "evaluation"):
        book_room(line, tender, purpose)
    line.publish(tender, tender_documents(name), TEXTS)
    line.announce(tender)
    return tender
