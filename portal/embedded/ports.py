"""Free ports on the loopback interface for servers that cannot choose their own."""

import random
import socket

LOOPBACK = "127.0.0.1"
GRPC_OFFSET = 10000  # SeaweedFS adds this to every HTTP port and can be told nothing else reliably
# Both a port and its gRPC twin stay below 32768, where Linux begins to hand out ports to outgoing connections.
LOWEST, HIGHEST = 10240, 22767


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_port() -> int:
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Ports free together with their gRPC twins."""
    chooser = random.SystemRandom()
    found: list[int] = []
    for _ in range(1000):
        port = chooser.randint(LOWEST, HIGHEST)
        clash = any(port in {other, other + GRPC_OFFSET, other - GRPC_OFFSET} for other in found)
        if not clash and is_free(port) and is_free(port + GRPC_OFFSET):
            found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"no {count} free ports between {LOWEST} and {HIGHEST}")
