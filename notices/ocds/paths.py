"""Where open data is found, below the platform's address."""

from uuid import UUID

FEED_PATH = "/v1/ocds/releases"


def package_path(project_id: UUID) -> str:
    """Where the release package of a project is."""
    return f"/v1/ocds/projects/{project_id}/releases"


def record_path(project_id: UUID) -> str:
    """Where its record package is."""
    return f"/v1/ocds/projects/{project_id}/record"
