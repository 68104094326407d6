"""i: public pages beside a static file of the same server; SQL statements a page; what a first visit weighs.

Times are asked of the real server over its port. Statements are counted in the same application in process, for every
public page and for the landing page and main lists of every desk.
"""

import asyncio
import gzip
import re
from collections.abc import Iterator

from benchmarks.i_site import PUBLIC, FullSite, full_site
from benchmarks.measuring import in_turn, percentile
from benchmarks.report import Goal, Line
from benchmarks.running import Run
from benchmarks.wire import Answer, Wire, closed_loop, request

P99 = Goal("i", "public-pages-p99", 5.0)
STATEMENTS = Goal("i", "sql-statements-a-page", 12)
WEIGHT = Goal("i", "first-visit-kb", 120)
CLIENTS = 2
_LINKED = re.compile(rb'(?:src|href)="(/assets/[^"]+)"')
_WITHOUT_PAGE = ("/about/verify", "/sign-in")  # a form and a text: nothing of the platform's is read for them


def measure(run: Run) -> Iterator[Line]:
    """The three goals over one site."""
    with run.place.database() as urls, asyncio.Runner() as runner:
        made = full_site(run.place, urls, projects=run.size(30, 2))
        site = runner.run(made.__aenter__())
        try:
            yield runner.run(_statements(site))
            with run.place.served(site.settings) as address:
                yield runner.run(_weight(address))
                yield runner.run(_times(run, site, address))
        finally:
            runner.run(made.__aexit__(None, None, None))


async def _statements(site: FullSite) -> Line:
    counts: dict[str, int] = {}
    refused = []
    for who, listed, path in site.pages():
        with site.counted() as sent:
            answer = await site.clients[who].get(path)
        if answer.status_code != 200:
            refused.append(f"{who} {listed} answered {answer.status_code}")
        counts[f"{who} {listed}".strip()] = len(sent)
    if refused:
        raise RuntimeError("; ".join(refused))
    most = sorted(counts.items(), key=lambda item: -item[1])
    over = [f"{name} {count}" for name, count in most if not STATEMENTS.met(count)]
    detail = {"pages": len(counts), "over": ", ".join(over) or "none", "most": f"{most[0][0]} {most[0][1]}"}
    return Line(STATEMENTS, most[0][1], detail)


async def _weight(address: str) -> Line:
    """The start page with everything its HTML names, compressed as a browser asks for it."""
    wire = Wire(address)
    packed = {"accept-encoding": "gzip"}
    first = await wire.ask(request(address, "GET", "/", packed))
    found = [len(first.body)]
    names = {name.decode() for name in _LINKED.findall(_plain(first))}
    answers = [await wire.ask(request(address, "GET", name, packed)) for name in sorted(names)]
    found += [len(answer.body) for answer in answers]
    await wire.close()
    detail = {"page": f"{found[0]} B", "files": len(names), "their bytes": sum(found[1:])}
    return Line(WEIGHT, sum(found) / 1000, detail)


def _plain(answer: Answer) -> bytes:
    return gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body


async def _times(run: Run, site: FullSite, address: str) -> Line:
    """p99 of every public page in turn, and of the style sheet, by the same few connections."""
    each = run.size(200, 8)
    wires = [Wire(address) for _ in range(CLIENTS)]
    css = next(name for name in _LINKED.findall(_plain(await wires[0].ask(request(address, "GET", "/")))))
    paths = {path: path.format_map(site.names) for path in PUBLIC if path not in _WITHOUT_PAGE}
    sides = {"static": css.decode(), **paths}
    taken: dict[str, list[float]] = {name: [] for name in sides}
    middle: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(run.rounds):
        for name in in_turn(list(sides), number):
            asked = [request(address, "GET", sides[name], {"accept-encoding": "gzip"})] * each
            _, seconds = await closed_loop(wires, asked, 200)
            taken[name].append(percentile(seconds, 0.99))
            middle[name].append(percentile(seconds, 0.5))
    for wire in wires:
        await wire.close()
    ratios = {
        name: percentile([a / b for a, b in zip(taken[name], taken["static"], strict=True)], 0.5) for name in paths
    }
    halves = {name: percentile(middle[name], 0.5) / percentile(middle["static"], 0.5) for name in paths}
    worst = max(ratios, key=lambda name: ratios[name])
    best = min(ratios, key=lambda name: ratios[name])
    detail = {
        "static p99": f"{percentile(taken['static'], 0.5) * 1000:.1f} ms",
        "worst": f"{worst} {percentile(taken[worst], 0.5) * 1000:.1f} ms",
        "best": f"{best} ratio {ratios[best]:.1f}",
        "ratio of medians": f"{min(halves.values()):.1f} to {max(halves.values()):.1f}",
    }
    return Line(P99, ratios[worst], detail)
