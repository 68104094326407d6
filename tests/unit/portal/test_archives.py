"""Evidence is put together once: readers share it, errors reach everyone, few at a time, the oldest go."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from portal.evidence.archives import Archives, Blocks, Gather
from portal.evidence.errors import EvidenceBusy, EvidencePending

WHOLE = [b"a" * 10, b"b" * 3_000_000, b"", b"c"]


class Source:
    """Counts how often it was asked, and waits where it is told to."""

    def __init__(self, blocks: list[bytes], gate: asyncio.Event | None = None, error: Exception | None = None) -> None:
        self.blocks, self.gate, self.error, self.asked = blocks, gate, error, 0

    async def gather(self) -> Blocks:
        self.asked += 1
        if self.error is not None and not self.blocks:
            raise self.error
        return self._stream()

    async def _stream(self) -> AsyncIterator[bytes]:
        for block in self.blocks:
            yield block
            if self.gate is not None:
                await self.gate.wait()
        if self.error is not None:
            raise self.error


async def whole(archives: Archives, key: str, gather: Gather) -> bytes:
    return b"".join([block async for block in await archives.open(key, gather)])


async def test_it_is_put_together_once():
    archives, source = Archives(), Source(WHOLE)
    read = await asyncio.gather(*(whole(archives, "lot", source.gather) for _ in range(20)))
    assert set(read) == {b"".join(WHOLE)}
    assert await whole(archives, "lot", source.gather) == b"".join(WHOLE)
    assert source.asked == 1


async def test_who_reads_along_does_not_wait_for_the_end():
    gate = asyncio.Event()
    archives, source = Archives(), Source(WHOLE, gate)
    blocks = await archives.open("lot", source.gather)
    assert await anext(blocks) == WHOLE[0]
    left = await archives.open("lot", source.gather)
    await anext(left)
    await left.aclose()  # type: ignore[attr-defined]
    gate.set()
    assert WHOLE[0] + b"".join([block async for block in blocks]) == b"".join(WHOLE)


async def test_a_refusal_reaches_everyone_and_is_not_kept():
    archives = Archives()
    refused, good = Source([], error=EvidencePending()), Source(WHOLE)
    for answer in await asyncio.gather(
        *(whole(archives, "lot", refused.gather) for _ in range(3)), return_exceptions=True
    ):
        assert isinstance(answer, EvidencePending)
    assert await whole(archives, "lot", good.gather) == b"".join(WHOLE)


async def test_a_broken_archive_is_never_taken_for_a_whole_one():
    archives, broken = Archives(), Source(WHOLE, error=LookupError("a tile"))
    with pytest.raises(LookupError):
        await whole(archives, "lot", broken.gather)
    assert await whole(archives, "lot", Source(WHOLE).gather) == b"".join(WHOLE)


async def test_only_so_many_at_once():
    gate = asyncio.Event()
    archives, slow = Archives(at_once=1), Source(WHOLE, gate)
    begun = await archives.open("one", slow.gather)
    with pytest.raises(EvidenceBusy):
        await archives.open("two", Source(WHOLE).gather)
    shared = await archives.open("one", slow.gather)
    gate.set()
    assert [b"".join([block async for block in blocks]) for blocks in (begun, shared)] == [b"".join(WHOLE)] * 2
    assert await whole(archives, "two", Source(WHOLE).gather) == b"".join(WHOLE)


async def test_the_oldest_go_and_who_reads_them_goes_on():
    archives = Archives(kept=2)
    sources = {name: Source([name.encode()]) for name in "abc"}
    reading = await archives.open("a", sources["a"].gather)
    for name in "abc":
        assert await whole(archives, name, sources[name].gather) == name.encode()
    assert [block async for block in reading] == [b"a"]
    for name in "cba":
        assert await whole(archives, name, sources[name].gather) == name.encode()
    assert {name: source.asked for name, source in sources.items()} == {"a": 2, "b": 1, "c": 1}
