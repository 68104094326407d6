"""What a handler may ask for by name, typed so that Litestar need not guess (in its next version it will not).

async def show(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
"""

from typing import Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.identity import Actor
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import Settings
from trading.kernel.signing import PlatformKeys

WebRequest: TypeAlias = Request[Any, Any, Any]
Session: TypeAlias = NamedDependency[AsyncSession]
CurrentActor: TypeAlias = NamedDependency[Actor]
Objects: TypeAlias = NamedDependency[ObjectStore]
Keys: TypeAlias = NamedDependency[PlatformKeys]
CurrentSettings: TypeAlias = NamedDependency[Settings]
