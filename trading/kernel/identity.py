"""Who acts, and what a route demands. A role is an opaque string here; `trading.parties` gives it meaning.

Deny by default: a route states its `Permit` in `opt`, and the app-level guard refuses a route that states none.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """The person acting, through one account, for one organisation (person ≠ account ≠ membership)."""

    name: str
    person_id: UUID | None = None
    account_id: UUID | None = None
    membership_id: UUID | None = None
    org_id: UUID | None = None
    org_name: str = ""
    roles: frozenset[str] = frozenset()
    session_id: UUID | None = None
    step_up_at: datetime | None = None

    @property
    def signed_in(self) -> bool:
        """Whether an account stands behind this actor."""
        return self.account_id is not None

    def has(self, *roles: str) -> bool:
        """Whether the actor acts in one of these roles."""
        return bool(self.roles.intersection(roles))


ANONYMOUS = Actor(name="")


def system_actor(name: str) -> Actor:
    """A process of the platform itself (`relay`, `worker`), never a person."""
    return Actor(name=f"system:{name}", roles=frozenset({"system"}))


class Permit(msgspec.Struct, frozen=True):
    """Who may call a route: everyone, anyone signed in, or holders of a role."""

    public: bool = False
    roles: frozenset[str] = frozenset()

    def admits(self, actor: Actor) -> bool:
        """Whether this actor may pass."""
        if self.public:
            return True
        return actor.signed_in and (not self.roles or actor.has(*self.roles))


def allow(*roles: str) -> dict[str, Any]:
    """Route `opt` that admits holders of one of the roles."""
    if not roles:
        raise ValueError("name at least one role, or use SIGNED_IN or PUBLIC")
    return {"permit": Permit(roles=frozenset(roles))}


PUBLIC: dict[str, Any] = {"permit": Permit(public=True)}
SIGNED_IN: dict[str, Any] = {"permit": Permit()}
