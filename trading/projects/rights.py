"""Who may act on a project and who may see it before its notice, as plain checks on the actor."""

from uuid import UUID

from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.projects.errors import NotYourProject, ProjectUnknown
from trading.projects.states import PUBLIC_STATES
from trading.projects.types import ProjectView

SIDE = ("tenderer", "agency")
_STAFF = ("official", "supervisor", "system")


def own_org(actor: Actor) -> UUID:
    """The organisation a tenderer or agency acts for."""
    if actor.org_id is None or not actor.has(*SIDE):
        raise Forbidden
    return actor.org_id


def manages(actor: Actor, tenderer_org_id: UUID, agency_org_id: UUID | None) -> bool:
    """Whether the actor acts for the tenderer or its agency in that role."""
    return (actor.has("tenderer") and actor.org_id == tenderer_org_id) or (
        actor.has("agency") and actor.org_id is not None and actor.org_id == agency_org_id
    )


def demand_manages(actor: Actor, project: ProjectView) -> None:
    """Only its own side acts on a project; for others one whose notice is not out is not there (R40)."""
    if not manages(actor, project.tenderer_org_id, project.agency_org_id):
        public = project.state in PUBLIC_STATES or sees_unpublished(
            actor, project.tenderer_org_id, project.agency_org_id
        )
        raise NotYourProject if public else ProjectUnknown


def sees_unpublished(actor: Actor, tenderer_org_id: UUID, agency_org_id: UUID | None) -> bool:
    """Whether the actor may know of a project whose notice is not out."""
    return actor.has(*_STAFF) or manages(actor, tenderer_org_id, agency_org_id)


def is_staff(actor: Actor) -> bool:
    """Whether the actor works for the platform or watches over it."""
    return actor.has(*_STAFF)
