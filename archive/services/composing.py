"""Composing (组卷): what the package will hold is fixed, and the journal told, before anything is sealed.

The package then carries a journal in which its own inventory is witnessed: whoever later changes a file and makes every
manifest fit cannot make the witnesses' cosignatures fit.
"""

from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from archive import entries
from archive.events import Composed
from archive.models import FileRow, PackageRow
from archive.proof.layout import FORMAT, Inventory, Packed, proves_itself
from archive.services.bagging import Part, digest_of
from archive.types import PackedFile
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.kernel.outbox import emit


async def compose(session: AsyncSession, actor: Actor, *, package_id: UUID, parts: Sequence[Part]) -> None:
    """Digest every part, keep the list, journal the inventory; doing it again begins again until it is sealed."""
    files = [
        PackedFile(part.path, part.size, await digest_of(part), part.restricted)
        for part in parts
        if not proves_itself(part.path)
    ]
    row = await session.get_one(PackageRow, package_id)
    await lock(session, f"archive:{row.project_id}")
    await session.refresh(row)
    if row.state not in {"approved", "composed"}:
        return
    await session.execute(delete(FileRow).where(FileRow.package_id == package_id))
    session.add_all(
        FileRow(package_id=package_id, path=f.path, size=f.size, sha256=f.sha256, restricted=f.restricted)
        for f in files
    )
    subject = f"project:{row.project_id}"
    text = inventory_of(package_id, subject, files).text()
    now = await platform_now(session)
    inventory, size = sha256(text).hexdigest(), sum(item.size for item in files)
    entry_id = await append(
        session,
        actor,
        entries.COMPOSED,
        subject=subject,
        payload={"package": str(package_id), "inventory": inventory, "files": len(files), "bytes": size},
        at=now,
    )
    row.state, row.inventory, row.composed_entry_id = "composed", inventory, entry_id
    row.files, row.bytes = len(files), size
    await emit(session, Composed(package_id=package_id))
    await session.flush()


def inventory_of(package_id: UUID, subject: str, files: Sequence[PackedFile]) -> Inventory:
    """The list as the journal's digest is of it."""
    return Inventory(
        format=FORMAT,
        package=str(package_id),
        project=subject,
        files={
            item.path: Packed(item.sha256, item.size, "restricted" if item.restricted else "public")
            for item in sorted(files, key=lambda item: item.path)
            if not proves_itself(item.path)
        },
    )
