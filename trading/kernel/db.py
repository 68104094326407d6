"""The one way to the database: one request or one task is one transaction, committed at the edge only.

`Database.transaction()` is that edge. A Litestar handler asks for `session`; `request_session` wraps the handler
and its response data in BEGIN … COMMIT, so a failure at COMMIT time still becomes an error response.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from litestar.datastructures import State
from sqlalchemy import DateTime, LargeBinary, MetaData, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from trading.kernel.errors import StartupRefused

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

KEEPALIVE: dict[str, Any] = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""A server whose machine is gone is noticed in half a minute, not in two hours; on a socket it means nothing."""


class Base(DeclarativeBase):
    """Declarative base of every table; each package keeps its models to itself."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads it as a plain class attribute
        str: Text,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


def sqlalchemy_url(address: str) -> str:
    """`postgresql://…` → the address SQLAlchemy's psycopg driver wants."""
    return address.replace("postgresql://", "postgresql+psycopg://", 1)


class Database:
    """One engine and its sessions; made once a process."""

    def __init__(self, address: str, *, pool_size: int = 8) -> None:
        self.address = address.replace("postgresql+psycopg://", "postgresql://", 1)
        self.engine = create_async_engine(
            sqlalchemy_url(self.address),
            pool_size=pool_size,
            max_overflow=8,
            pool_pre_ping=True,
            hide_parameters=True,  # an error in a log must not show a bid, a password's hash or a token
            connect_args={"options": "-c TimeZone=UTC -c idle_in_transaction_session_timeout=60000", **KEEPALIVE},
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """BEGIN … COMMIT; any exception rolls back."""
        async with self._sessions() as session, session.begin():
            yield session

    async def refuse_strong_login(self) -> None:
        """Start-up check: the application must not run as owner, superuser or BYPASSRLS."""
        async with self.transaction() as session:
            row = (
                await session.execute(
                    text(
                        "SELECT r.rolsuper OR r.rolbypassrls OR pg_has_role(r.oid, 'trading_owner', 'MEMBER'), "
                        "r.rolname FROM pg_roles r WHERE r.rolname = current_user"
                    )
                )
            ).one()
        if row[0]:
            raise StartupRefused(f"database login {row[1]!r} is too strong; use trading_app (docs/operations.md)")

    async def close(self) -> None:
        """Give every connection back."""
        await self.engine.dispose()


async def request_session(state: State) -> AsyncGenerator[AsyncSession, None]:
    """Litestar dependency `session`: committed after the handler, before the response is sent."""
    database: Database = state.database
    async with database.transaction() as session:
        yield session
