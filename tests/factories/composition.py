"""compose.yml as a container runtime reads it: anchors merged, variables filled in, each service by itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tests.servers import ROOT

OUR_IMAGE = "trading-platform"
_VARIABLE = re.compile(r"\$(?:\$|\{([A-Z0-9_]+)(?:(:[-?])([^}]*))?\})")


def read_secrets(text: str) -> dict[str, str]:
    """An env file's names and values."""
    lines = (line.strip() for line in text.splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def filled_in(text: str, variables: Mapping[str, str]) -> str:
    """`${A}`, `${A:-else}`, `${A:?needed}` and `$$` as the compose specification says."""

    def value(match: re.Match[str]) -> str:
        name, how, rest = match.groups()
        if name is None:
            return "$"
        found = variables.get(name, "")
        if found:
            return found
        if how == ":-":
            return str(rest)
        assert how != ":?", f"{name} must be set"
        return ""

    return _VARIABLE.sub(value, text)


def _deeply(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return filled_in(value, variables)
    if isinstance(value, dict):
        return {name: _deeply(inner, variables) for name, inner in value.items()}
    return [_deeply(inner, variables) for inner in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Service:
    """One service: what is run, as what, with what around it."""

    name: str
    spec: dict[str, Any]

    @property
    def ours(self) -> bool:
        return str(self.spec["image"]).split(":")[0] == OUR_IMAGE

    @property
    def command(self) -> list[str]:
        """The words that are executed; our image begins each with its entry point."""
        return [*(["trading"] if self.ours else []), *map(str, self.spec["command"])]

    @property
    def environment(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.spec.get("environment", {}).items()}

    @property
    def places(self) -> dict[str, str]:
        """Path inside → named volume or path of the project."""
        mounts = (str(mount).split(":") for mount in self.spec.get("volumes", []))
        return {inside: outside for outside, inside, *_ in mounts}

    @property
    def check(self) -> list[str]:
        """The words of its health check."""
        kind, *words = self.spec["healthcheck"]["test"]
        return ["sh", "-c", *words] if kind == "CMD-SHELL" else list(map(str, words))

    @property
    def needs(self) -> dict[str, str]:
        """Service → the condition in which it must be before this one starts."""
        return {name: how["condition"] for name, how in self.spec.get("depends_on", {}).items()}

    def address(self, network: str) -> str | None:
        """Its fixed address in a network."""
        networks = self.spec.get("networks", {})
        here = networks.get(network) if isinstance(networks, dict) else None
        return here.get("ipv4_address") if here else None


class Composition:
    """The whole file."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.raw: dict[str, Any] = yaml.safe_load((ROOT / "compose.yml").read_text(encoding="utf-8"))
        specs: dict[str, Any] = _deeply(self.raw["services"], variables)
        self.services = {name: Service(name, spec) for name, spec in specs.items()}
