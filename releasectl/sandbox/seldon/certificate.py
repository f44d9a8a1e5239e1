"""A certificate that Traefik has at hand and nobody sees: the sandbox speaks no TLS.

Without one Traefik makes an RSA key whenever routes are written, which takes it 65 ms of a core.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

CERTIFICATE: Final = "certificate.pem"
KEY: Final = "key.pem"
FOREVER: Final = 9999  # the last year that a certificate can name


def ensure(folder: Path) -> None:
    """Both files are in `folder`; of a start that was killed amid them, both are made anew."""
    if not all((folder / name).is_file() for name in (CERTIFICATE, KEY)):
        certificate, key = made()
        write(folder / KEY, key)
        write(folder / CERTIFICATE, certificate)


def made() -> tuple[bytes, bytes]:
    """A new pair in PEM; what makes it is imported here, as it is used once in the life of a sandbox."""
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC))
        .not_valid_after(datetime(FOREVER, 12, 31, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def write(path: Path, content: bytes) -> None:
    """For the owner alone, and whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    partial.rename(path)
