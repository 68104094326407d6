"""Deposits (投标保证金) of a demonstration, over HTTP: bidders draw sub-accounts, the bank takes money and reports it.

Everyone pays well in the end. On the way one pays a fen short, one out of another company's account, one twice; one
more pays after the deadline, and somebody forgets to write the sub-account.
"""

from portal.demo.line import Line, Tender
from portal.demo.people import ORGANISATIONS

_NAMES = {organisation.key: organisation.name for organisation in ORGANISATIONS}
SHORT, WRONG_PAYER, TWICE, LATE = "bidder-b", "bidder-c", "bidder-a", "bidder-d"


def draw(line: Line, tender: Tender, login: str) -> str:
    """领取子账号; asked again, the same number."""
    return str(line.person(login).post(f"/v1/lots/{tender.lot_id}/deposit")["number"])


def due_fen(line: Line, tender: Tender) -> int:
    """What the lot asks for."""
    return int(line.anyone.get(f"/v1/lots/{tender.lot_id}")["lot"]["deposit_fen"])


def pay(line: Line, number: str, payer: str, fen: int) -> str:
    """Money arrives at the bank, now; returns the bank's reference."""
    body = {"amount": f"{fen // 100}.{fen % 100:02d}", "payer_name": payer, "sub_account": number}
    return str(line.bank().call("POST", "/api/payments", body)["reference"])


def report(line: Line) -> None:
    """报送对账单, as the bank does by the clock, whether or not anybody paid."""
    line.bank().call("POST", "/api/report", {})


def pay_all(line: Line, tender: Tender, logins: tuple[str, ...]) -> None:
    """Everybody pays in full, in one payment each; the bank reports."""
    for login in logins:
        pay(line, draw(line, tender, login), _NAMES[login], due_fen(line, tender))
    report(line)


def mistakes(line: Line, tender: Tender) -> None:
    """A fen short, another's account, twice, and no sub-account at all; reported before the good payments."""
    fen = due_fen(line, tender)
    pay(line, draw(line, tender, SHORT), _NAMES[SHORT], fen - 1)
    pay(line, draw(line, tender, WRONG_PAYER), _NAMES["university"], fen)
    pay(line, draw(line, tender, TWICE), _NAMES[TWICE], fen)
    pay(line, draw(line, tender, TWICE), _NAMES[TWICE], fen)
    draw(line, tender, LATE)  # and leaves it at that
    pay(line, "", "青禾市政工程有限公司第三分公司", fen)
    report(line)


def mend(line: Line, tender: Tender) -> None:
    """Those whose first payment did not count see why on their own page, and pay again."""
    for login, outcome in ((SHORT, "short"), (WRONG_PAYER, "wrong_payer")):
        own = line.person(login).get(f"/v1/lots/{tender.lot_id}/deposit")
        if own["state"] != outcome:
            raise AssertionError(f"{login}: {own['state']} instead of {outcome}")
    pay_all(line, tender, (SHORT, WRONG_PAYER, "bidder-e"))


def too_late(line: Line, tender: Tender) -> None:
    """After the deadline money still arrives, and does not count."""
    pay(line, draw_before(line, tender, LATE), _NAMES[LATE], due_fen(line, tender))
    report(line)


def draw_before(line: Line, tender: Tender, login: str) -> str:
    """The number drawn while there was time."""
    number = line.sub_account(tender, login)
    if number is None:
        raise AssertionError(f"{login} drew no sub-account in time")
    return number


def states(line: Line, tender: Tender) -> dict[str, str]:
    """After closing: what finance sees of each organisation, by name."""
    found = line.person("finance").get(f"/v1/finance/lots/{tender.lot_id}/deposits")
    return {holder["org_name"]: holder["state"] for holder in found["holders"]}


def check_books(line: Line, tender: Tender) -> None:
    """Debits equal credits; the good are paid, the late one is late, and suspense holds what named nobody."""
    line.until(lambda: bool(states(line, tender)), "deposits are shown")
    expected = {_NAMES[login]: "matched" for login in (SHORT, WRONG_PAYER, TWICE)} | {_NAMES[LATE]: "late"}
    expected[_NAMES["bidder-e"]] = "withdrawn"
    if states(line, tender) != expected:
        raise AssertionError(f"{states(line, tender)} instead of {expected}")
    balance = line.person("finance").get("/v1/finance/accounts")
    if balance["debit_fen"] != balance["credit_fen"]:
        raise AssertionError("the trial balance does not balance")
