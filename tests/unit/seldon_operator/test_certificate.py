"""The certificate that keeps Traefik from making one of its own whenever routes are written."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from releasectl.sandbox.seldon import certificate
from releasectl.sandbox.seldon.certificate import CERTIFICATE, KEY
from releasectl.sandbox.seldon.routing import configuration


def pair(folder: Path) -> tuple[bytes, bytes]:
    return (folder / CERTIFICATE).read_bytes(), (folder / KEY).read_bytes()


def test_it_is_made_once_and_fits_its_key(tmp_path: Path) -> None:
    certificate.ensure(tmp_path)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / CERTIFICATE, tmp_path / KEY)
    before = pair(tmp_path)
    certificate.ensure(tmp_path)
    assert pair(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {CERTIFICATE, KEY}


def test_the_key_is_the_owners_alone(tmp_path: Path) -> None:
    certificate.ensure(tmp_path)
    assert (tmp_path / KEY).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("lost", [CERTIFICATE, KEY])
def test_what_is_left_of_a_pair_is_replaced(tmp_path: Path, lost: str) -> None:
    certificate.ensure(tmp_path)
    (tmp_path / lost).unlink()
    (tmp_path / KEY).with_suffix(".partial").write_bytes(b"of a start that was killed")
    certificate.ensure(tmp_path)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / CERTIFICATE, tmp_path / KEY)


def test_the_routes_name_it() -> None:
    store = configuration((), {}, 1)["tls"]["stores"]["default"]
    assert store == {"defaultCertificate": {"certFile": CERTIFICATE, "keyFile": KEY}}
