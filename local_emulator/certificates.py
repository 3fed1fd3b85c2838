"""A local certificate authority, so that `https://{domainName}` from an event works in an unmodified function.

The functions trust it by the variables that SDKs read (`AWS_CA_BUNDLE`, `SSL_CERT_FILE`, `NODE_EXTRA_CA_CERTS`),
which point at a bundle of the public roots and this one.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import trustme
from cryptography import x509

from local_emulator.model import REGION

NAMES = ("localhost", "*.localhost", "127.0.0.1", "::1", f"*.execute-api.{REGION}.amazonaws.com")
_RENEW_BEFORE = timedelta(days=30)
_LIFETIME = timedelta(days=365)


@dataclass(frozen=True)
class Certificate:
    """What the port serves TLS with, and what its clients trust."""

    ca_bundle: Path
    """PEM file: the public roots and the local one."""
    context: ssl.SSLContext


def load_or_create(folder: Path) -> Certificate:
    """The certificate kept in `folder`, made anew where there is none, or it ends within a month or lacks a name."""
    bundle, chain = folder / "ca-bundle.pem", folder / "server.pem"
    if not (bundle.exists() and _is_fresh(chain)):
        _create(folder, bundle, chain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return Certificate(bundle.resolve(), context)


def _is_fresh(chain: Path) -> bool:
    try:
        certificate = x509.load_pem_x509_certificates(chain.read_bytes())[0]
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, IndexError, x509.ExtensionNotFound):
        return False
    if not set(NAMES) <= {str(name.value) for name in names}:
        return False
    return certificate.not_valid_after_utc > datetime.now(UTC) + _RENEW_BEFORE


def _create(folder: Path, bundle: Path, chain: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA(organization_name="Local emulator")
    server = authority.issue_cert(*NAMES, not_after=datetime.now(UTC) + _LIFETIME)
    roots = Path(certifi.where()).read_bytes()
    bundle.write_bytes(roots + b"\n" + authority.cert_pem.bytes())
    # The private key is in it: written for its owner alone.
    chain.touch(mode=0o600)
    chain.chmod(0o600)
    chain.write_bytes(server.private_key_and_cert_chain_pem.bytes())
