"""Free ports on loopback, for the servers that tests start."""

import socket


def find_free_port() -> int:
    """A port that nothing listens on now. Another process may take it first: whoever starts a server must notice."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
