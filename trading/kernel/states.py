"""State machines as tables: what is not in the table is refused."""

from collections.abc import Mapping

from trading.kernel.errors import WrongState


class Transitions:
    """`{(state, verb): next state}`; `advance` refuses every pair that is not there."""

    def __init__(self, table: Mapping[tuple[str, str], str]) -> None:
        self.table = dict(table)

    def advance(self, state: str, verb: str) -> str:
        """The next state, or `WrongState` naming the present one."""
        if (state, verb) not in self.table:
            raise WrongState(state=state, verb=verb)
        return self.table[state, verb]

    def allows(self, state: str, verb: str) -> bool:
        """Whether the verb exists in this state: pages show only buttons that can work."""
        return (state, verb) in self.table

    @property
    def states(self) -> frozenset[str]:
        """Every state the table names."""
        return frozenset(state for state, _ in self.table) | frozenset(self.table.values())
