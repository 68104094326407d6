"""The same for programs: the bank's statements, a bidder's own deposit, and what finance may see."""

import asyncio
import time
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from trading.funds import reads, services
from trading.funds.pages.ledger import READERS
from trading.funds.types import AccountEntry, Balance, DepositView, HolderLines, LineView, StatementTaken
from trading.kernel.db import Database
from trading.kernel.identity import allow
from trading.web.answers import Answer
from trading.web.injected import CurrentActor, Session, WebRequest

_MOST_STATEMENT = 2 * 1024 * 1024
_GRAIN_SECONDS = 0.5
"""A bank is answered at a whole half second after it asked: what its lines named takes no readable time."""


class Suspense(msgspec.Struct, frozen=True):
    """The lines that named nobody."""

    lines: tuple[LineView, ...]


class Deposits(msgspec.Struct, frozen=True):
    """A closed lot's deposits."""

    lot_id: UUID
    holders: tuple[HolderLines, ...]


class TrialBalance(msgspec.Struct, frozen=True):
    """Every account; the two sums are equal."""

    accounts: tuple[Balance, ...]
    debit_fen: int
    credit_fen: int


class Account(msgspec.Struct, frozen=True):
    """An account with its entries."""

    account: Balance
    entries: tuple[AccountEntry, ...]


@post("/v1/bank/statements", opt=allow("bank"), status_code=HTTP_201_CREATED, request_max_body_size=_MOST_STATEMENT)
async def take_statement(request: WebRequest, actor: CurrentActor) -> Answer[StatementTaken]:
    """A CSV of time, amount, payer_name, payer_account, sub_account, reference (UTF-8 or GBK); whole or not at all.

    The transaction ends before the answer waits for its half second: no lock is held meanwhile.
    """
    begun = time.monotonic()
    data = await request.body()
    database: Database = request.app.state.database
    async with database.transaction() as session:
        taken = await services.receive_statement(session, actor, data=data)
    await asyncio.sleep(_GRAIN_SECONDS - (time.monotonic() - begun) % _GRAIN_SECONDS)
    return Answer(taken, status_code=HTTP_201_CREATED)


@get("/v1/lots/{lot_id:uuid}/deposit", opt=allow("bidder"))
async def own_deposit(session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[DepositView]:
    """One's own organisation's deposit, and nobody else's."""
    return Answer(await reads.own_deposit(session, actor, lot_id))


@post("/v1/lots/{lot_id:uuid}/deposit", opt=allow("bidder"), status_code=HTTP_200_OK)
async def draw(session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[DepositView]:
    """Draw the sub-account number; asked again, the same one."""
    return Answer(await services.draw_sub_account(session, actor, lot_id=lot_id))


@get("/v1/finance/suspense", opt=allow("finance"))
async def suspense(session: Session, actor: CurrentActor) -> Answer[Suspense]:
    """Lines that named no sub-account; the view is journalled."""
    return Answer(Suspense(await services.view_suspense(session, actor)))


@get("/v1/finance/lots/{lot_id:uuid}/deposits", opt=READERS)
async def lot_deposits(session: Session, lot_id: FromPath[UUID]) -> Answer[Deposits]:
    """A closed lot's deposits; refused before closing."""
    return Answer(Deposits(lot_id, await reads.lot_deposits(session, lot_id)))


@get("/v1/finance/accounts", opt=READERS)
async def accounts(session: Session) -> Answer[TrialBalance]:
    """The trial balance."""
    found = await reads.balances(session)
    debit, credit = sum(item.debit_fen for item in found), sum(item.credit_fen for item in found)
    return Answer(TrialBalance(found, debit, credit))


@get("/v1/finance/accounts/{account_id:uuid}", opt=READERS)
async def account(session: Session, account_id: FromPath[UUID]) -> Answer[Account]:
    """An account's entries."""
    found = await reads.account(session, account_id)
    return Answer(Account(found, await reads.account_entries(session, account_id)))


ROUTES = (take_statement, own_deposit, draw, suspense, lot_deposits, accounts, account)
