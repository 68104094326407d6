"""b: submitting a sealed bid, durable, journalled, receipted, beside pgbench's INSERT of as many bytes.

Three ways with the same number of clients: pgbench on one table, the service on the database, the whole over HTTP to
the real server, whose cores the client shares.
"""

import asyncio
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import perf_counter

import psycopg

from benchmarks import b_service
from benchmarks.b_ready import SPAWN, Ready, Stage, stage
from benchmarks.measuring import in_turn, percentile
from benchmarks.place import PASSPHRASE, Place
from benchmarks.report import Goal, Line, cores
from benchmarks.running import Run
from benchmarks.wire import Wire, closed_loop, open_loop

SQL = Goal("b", "submit-service", 0.65, at_least=True)
HTTP = Goal("b", "submit-http", 0.30, at_least=True)
P99 = Goal("b", "submit-p99-half-load", 5.0)
CLIENTS = 8


def measure(run: Run) -> Iterator[Line]:
    """The three goals over one lot."""
    each = run.size(400, 16)
    with stage(run.place) as held, run.place.served(held.settings) as address:
        ready = iter(held.bids(each * 3 * run.rounds + 2 * CLIENTS))
        insert = _Pgbench(run.place, held, run.folder(), run.size(5, 1), next(ready)[1])
        pool = ProcessPoolExecutor(
            cores(), SPAWN, b_service.begin, (held.urls.app_dsn, held.settings.keys.folder, PASSPHRASE)
        )
        with pool, asyncio.Runner() as runner:
            wires = [Wire(address) for _ in range(CLIENTS)]
            _service(pool, held, _some(ready, CLIENTS))  # warms what is made once a process
            rates: dict[str, list[float]] = {"pgbench": [], "service": [], "http": []}
            late: dict[str, list[float]] = {"pgbench": [], "http": []}
            for number in range(run.rounds):
                for name in in_turn(list(rates), number):
                    if name == "pgbench":
                        rates[name].append(insert.rate())
                    elif name == "service":
                        rates[name].append(_service(pool, held, _some(ready, each)))
                    else:
                        asked = held.asked(address, _some(ready, each))
                        seconds, _ = runner.run(closed_loop(wires, asked, 201))
                        rates[name].append(each / seconds)
                asked = held.asked(address, _some(ready, each))
                half = rates["http"][-1] / 2
                late["http"].append(percentile(runner.run(open_loop(wires, asked, 201, rate=half)), 0.99))
                late["pgbench"].append(insert.p99(rates["pgbench"][-1] / 2))
            for wire in wires:
                runner.run(wire.close())
    told = {name: f"{_middle(found):.0f}/s" for name, found in rates.items()}
    told |= {"envelope": f"{insert.size} B", "clients": str(CLIENTS), "bids": str(each)}
    yield Line(SQL, _middle(_over(rates["service"], rates["pgbench"])), told)
    yield Line(HTTP, _middle(_over(rates["http"], rates["pgbench"])), told)
    shown = {name: f"{_middle(found) * 1000:.1f} ms" for name, found in late.items()}
    yield Line(P99, _middle(_over(late["http"], late["pgbench"])), shown)


def _some(ready: Iterator[Ready], count: int) -> list[Ready]:
    return [next(ready) for _ in range(count)]


def _middle(values: list[float]) -> float:
    return percentile(values, 0.5)


def _over(above: list[float], below: list[float]) -> list[float]:
    return [a / b for a, b in zip(above, below, strict=True)]


def _service(pool: ProcessPoolExecutor, held: Stage, ready: list[Ready]) -> float:
    """Bids a second, spread over the processes."""
    shares = [ready[number :: cores()] for number in range(cores())]
    begin = perf_counter()
    waiting = [pool.submit(b_service.take, held.lot.subject, share, CLIENTS // cores()) for share in shares]
    taken = sum(item.result() for item in waiting)
    seconds = perf_counter() - begin
    if taken != len(ready):
        raise RuntimeError(f"{taken} of {len(ready)} bids were taken")
    return taken / seconds


class _Pgbench:
    """PostgreSQL's own load program: one prepared INSERT of an envelope's bytes, a transaction each."""

    def __init__(self, place: Place, held: Stage, folder: Path, seconds: int, body: bytes) -> None:
        self._folder, self._seconds, self.size = folder, seconds, len(body)
        script = folder / "insert.sql"
        script.write_text(f"INSERT INTO bench_rows (body) VALUES ('\\x{body.hex()}');\n")
        self._argv = [place.program("pgbench"), "-n", "-M", "prepared", "-f", str(script), "-T", str(seconds)]
        self._argv += ["-c", str(CLIENTS), "-j", str(cores())]
        self._address = held.urls.app_dsn
        with psycopg.connect(held.urls.owner_dsn) as connection:
            connection.execute(
                "CREATE TABLE bench_rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea)"
            )
            connection.execute("GRANT INSERT ON bench_rows TO trading_app")

    def rate(self) -> float:
        """Transactions a second."""
        told = self._run()
        found = re.search(r"tps = ([0-9.]+)", told)
        if found is None:
            raise RuntimeError(f"pgbench said: {told}")
        return float(found[1])

    def p99(self, rate: float) -> float:
        """Seconds, of transactions begun at this rate, from when each was due."""
        self._run("-R", f"{rate:.1f}", "-l", "--log-prefix", str(self._folder / "each"))
        logs = list(self._folder.glob("each*"))
        rows = [line.split() for log in logs for line in log.read_text().splitlines()]
        for log in logs:
            log.unlink()
        return percentile([int(row[2]) / 1e6 for row in rows if row[2].isdecimal()], 0.99)

    def _run(self, *more: str) -> str:
        argv = [*self._argv, *more, self._address]
        return subprocess.run(argv, capture_output=True, text=True, check=True, cwd=self._folder).stdout
