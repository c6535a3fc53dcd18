"""A server on loopback that speaks TLS, with a certificate made for a test, or that does not where it should."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import SHUT_RDWR, create_server, socket
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Certificate(NamedTuple):
    """A certificate that vouches for itself, and its key, as files."""

    certificate: Path
    key: Path


def make_certificate(
    folder: Path, *, address: str = "127.0.0.1", from_day: int = -2, until_day: int = 2
) -> Certificate:
    """A certificate for an IP address, which holds between two days counted from today."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Made for a test")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + timedelta(days=from_day))
        .not_valid_after(now + timedelta(days=until_day))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = Certificate(folder / "certificate.pem", folder / "key.pem")
    files.certificate.write_bytes(made.public_bytes(Encoding.PEM))
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


@contextmanager
def serve_tls(files: Certificate) -> Iterator[str]:
    """The address of a server with that certificate, which hangs up on everybody once a secure connection is made."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with _serve(lambda connection: context.wrap_socket(connection, server_side=True).close()) as address:
        yield address


@contextmanager
def serve_plainly(answer: bytes) -> Iterator[str]:
    """The address, for TLS, of a server that does not speak it, and says so to whatever it is sent."""

    def say(connection: socket) -> None:
        connection.recv(1024)
        connection.sendall(answer)

    with _serve(say) as address:
        yield address


@contextmanager
def _serve(play: Callable[[socket], None]) -> Iterator[str]:
    with create_server(("127.0.0.1", 0)) as listener:

        def accept_all() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connection.settimeout(5)
                    with connection, suppress(OSError):
                        play(connection)

        thread = threading.Thread(target=accept_all)
        thread.start()
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(SHUT_RDWR)
            thread.join()
