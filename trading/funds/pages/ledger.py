"""What finance sees (财务): suspense at any time, deposits and their accounts once a lot is closed."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from trading.funds import reads, services
from trading.funds.types import LineView
from trading.kernel.identity import allow
from trading.kernel.money import format_yuan
from trading.web.formats import local
from trading.web.i18n import language_of
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import csv, page
from trading.web.site import site_of

READERS = allow("finance", "supervisor")


def words(request: WebRequest) -> Any:
    """The reader's language."""
    return site_of(request).words[language_of(request)]


def _lines(request: WebRequest, name: str, lines: list[tuple[str, LineView]]) -> Response[bytes]:
    say = words(request)
    header = [
        say(key)
        for key in (
            "funds.holder",
            "funds.paid_at",
            "funds.amount",
            "funds.payer",
            "funds.payer_account",
            "funds.sub_account",
            "funds.reference",
            "funds.outcome",
        )
    ]
    rows = [
        (
            holder,
            f"{local(line.paid_at):%Y-%m-%d %H:%M:%S}",
            format_yuan(line.amount_fen).replace(",", ""),
            line.payer_name,
            _grouped(line.payer_account),
            _grouped(line.sub_account),
            line.reference,
            say(f"funds.outcome.{line.outcome}"),
        )
        for holder, line in lines
    ]
    return csv(name, header, rows)


@get(["/finance/suspense", "/finance/suspense.csv"], opt=allow("finance"))
async def suspense(request: WebRequest, session: Session, actor: CurrentActor) -> Response[bytes]:
    """Lines that named no sub-account; each view is journalled."""
    lines = await services.view_suspense(session, actor)
    if request.url.path.endswith(".csv"):
        return _lines(request, "suspense.csv", [("", line) for line in lines])
    return page(request, "funds/suspense.html", lines=lines, sum_fen=sum(line.amount_fen for line in lines))


@get(["/finance/lots/{lot_id:uuid}", "/finance/lots/{lot_id:uuid}/deposits.csv"], opt=READERS)
async def lot_deposits(request: WebRequest, session: Session, lot_id: FromPath[UUID]) -> Response[bytes]:
    """A closed lot's deposits."""
    lot = await reads.closed_lot(session, lot_id)
    holders = await reads.lot_deposits(session, lot_id)
    if request.url.path.endswith(".csv"):
        lines = [(holder.org_name, line) for holder in holders for line in holder.lines]
        return _lines(request, f"deposits-{lot_id}.csv", lines)
    return page(request, "funds/lot.html", lot=lot, holders=holders)


@get(["/finance", "/finance/balance.csv"], opt=READERS)
async def balance(request: WebRequest, session: Session) -> Response[bytes]:
    """The accounts and the trial balance."""
    accounts = await reads.balances(session)
    if request.url.path.endswith(".csv"):
        say = words(request)
        header = [
            say(key)
            for key in ("funds.account", "funds.lot", "funds.holder", "funds.debit", "funds.credit", "funds.balance")
        ]
        rows = [
            (
                say(f"funds.account.{item.kind}"),
                item.lot_name,
                item.org_name,
                _plain(item.debit_fen),
                _plain(item.credit_fen),
                _plain(item.balance_fen),
            )
            for item in accounts
        ]
        return csv("trial-balance.csv", header, rows)
    return page(
        request,
        "funds/balance.html",
        accounts=accounts,
        debit_fen=sum(item.debit_fen for item in accounts),
        credit_fen=sum(item.credit_fen for item in accounts),
    )


@get(["/finance/accounts/{account_id:uuid}", "/finance/accounts/{account_id:uuid}/entries.csv"], opt=READERS)
async def account(request: WebRequest, session: Session, account_id: FromPath[UUID]) -> Response[bytes]:
    """One account's entries."""
    found = await reads.account(session, account_id)
    entries = await reads.account_entries(session, account_id)
    if request.url.path.endswith(".csv"):
        say = words(request)
        header = [
            say(key) for key in ("funds.posted_at", "funds.debit", "funds.credit", "funds.payer", "funds.reference")
        ]
        rows = [
            (
                f"{local(item.posted_at):%Y-%m-%d %H:%M:%S}",
                _plain(item.amount_fen) if item.amount_fen > 0 else "",
                _plain(-item.amount_fen) if item.amount_fen < 0 else "",
                item.payer_name,
                item.reference,
            )
            for item in entries
        ]
        return csv("account.csv", header, rows)
    return page(request, "funds/account.html", account=found, entries=entries)


def _grouped(number: str) -> str:
    """In groups of four, which a spreadsheet leaves as text; bare, it would round so many digits."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def _plain(fen: int) -> str:
    """Yuan as a spreadsheet reads them; the sign of a negative amount must not look like a formula."""
    text = format_yuan(fen).replace(",", "")
    return text if fen >= 0 else f"({text.removeprefix('-')})"


ROUTES = (suspense, lot_deposits, balance, account)
