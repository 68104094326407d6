"""Demonstration steps of rooms: three of them are set up, an opening and an evaluation are booked as proposed."""

from typing import Any

from portal.demo.line import Line, Tender

SITE = "临江市市民中心三楼"
_WORK_DAY = {"opens": "08:30", "closes": "17:30"}
_HOURS = [{"weekday": weekday, **_WORK_DAY} for weekday in range(1, 8)]
ROOMS: tuple[dict[str, Any], ...] = (
    {"name": "开标一室", "seats": 60, "purposes": ["opening"], "equipment": "投影、全程录像、CA 读卡器"},
    {"name": "开标二室", "seats": 30, "purposes": ["opening"], "equipment": "投影、全程录像"},
    {"name": "评标一室", "seats": 9, "purposes": ["evaluation"], "equipment": "独立机位、门禁、全程录像、通讯屏蔽"},
    {"name": "评标二室", "seats": 7, "purposes": ["evaluation"], "equipment": "独立机位、门禁、全程录像"},
)


def set_up_rooms(line: Line) -> None:
    """The official enters the centre's rooms, unless they are there."""
    official = line.person("official")
    known = {room["name"] for room in official.get("/v1/rooms")["items"]}
    for room in ROOMS:
        if room["name"] not in known:
            official.post("/v1/rooms", {"site": SITE, "hours": _HOURS, **room})


def book_room(line: Line, tender: Tender, purpose: str) -> dict[str, Any]:
    """The official books what the platform proposes; the answer is the booking."""
    official = line.person("official")
    proposal = official.get(f"/v1/lots/{tender.lot_id}/room-proposal", purpose=purpose)["proposal"]
    booking: dict[str, Any] = official.post(
        "/v1/bookings",
        {
            "subject": f"lot:{tender.lot_id}",
            "purpose": purpose,
            "room_id": proposal["offer"]["room_id"],
            "starts_at": proposal["offer"]["span"]["starts_at"],
            "minutes": proposal["minutes"],
            "confirm_provisional": proposal["provisional"],
        },
    )
    return booking
