"""The whole journal, downloaded from the platform and replayed to the root the witnesses saw.

Full bundles are kept once their root was witnessed, so the next replay fetches only what is new; if what is kept no
longer leads to a witnessed root, the log was forked.
"""

from collections.abc import Callable

from bidding.trustee.folder import Folder
from bidding.trustee.refusals import Decline
from bidding.trustee.witnesses import Seen
from trading.kernel import merkle
from trading.kernel.journal.tiles import WIDTH, Tile, TileError, tiles_of, unpack_entries

Fetch = Callable[[str], bytes | None]


def read_log(fetch: Fetch, seen: Seen, cache: Folder) -> list[bytes]:
    """Every entry under the checkpoint, or a `Decline`."""
    entries: list[bytes] = []
    fresh: dict[str, bytes] = {}
    for tile in tiles_of(seen.checkpoint.size):
        if tile.level >= 0:
            continue
        kept = cache.read(tile.path)
        if tile.partial:
            entries.extend(_partial(fetch, tile))
        elif kept is not None:
            entries.extend(_unpacked(kept, tile))
        else:
            fresh[tile.path] = _fetched(fetch, tile)
            entries.extend(_unpacked(fresh[tile.path], tile))
    if merkle.root([merkle.leaf_hash(entry) for entry in entries]) != seen.checkpoint.root:
        raise Decline("log_forked", seen.checkpoint.size)
    for path, bundle in fresh.items():
        cache.write(path, bundle)
    return entries


def _partial(fetch: Fetch, tile: Tile) -> list[bytes]:
    """A log may drop a partial bundle once the full one stands."""
    bundle = fetch(tile.path)
    if bundle is not None:
        return _unpacked(bundle, tile)
    full = tile._replace(width=WIDTH)
    return _unpacked(_fetched(fetch, full), full)[: tile.width]


def _fetched(fetch: Fetch, tile: Tile) -> bytes:
    bundle = fetch(tile.path)
    if bundle is None:
        raise Decline("log_incomplete", tile.path)
    return bundle


def _unpacked(bundle: bytes, tile: Tile) -> list[bytes]:
    try:
        return unpack_entries(bundle, tile.width)
    except TileError as error:
        raise Decline("log_incomplete", error) from error
