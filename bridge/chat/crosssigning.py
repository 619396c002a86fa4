"""Cross-signing of our own account (client-server API, "Cross-signing"): its three keys, and our device signed by them.

Without it clients warn staff that a message comes from a device which its owner has not verified. Only our own account
is signed, nobody else's. Secrets are returned to be kept, and never logged.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

Content = dict[str, Any]
Sign = Callable[[Content], str]


@dataclass(frozen=True, slots=True)
class Signing:
    """What is uploaded: `keys` to /keys/device_signing/upload, `signatures` to /keys/signatures/upload.

    `seeds`: the secret keys by usage, to be kept.
    """

    keys: Content
    signatures: Content
    seeds: Mapping[str, str]


def bootstrap(user: str, device: str, device_keys: Content, sign: Sign, seeds: Mapping[str, str]) -> Signing:
    """Keys of the account, made anew or from kept `seeds`. `sign` signs with the device; `device_keys` are its own.

    The master key signs the other two and is signed by the device; the self-signing key signs the device.
    """
    usages = ("master", "self_signing", "user_signing")
    secrets = {usage: _secret(seeds.get(usage, "")) for usage in usages}
    public = {usage: _unpadded(secret.public_key().export_key(format="raw")) for usage, secret in secrets.items()}
    made: dict[str, Content] = {
        usage: {"user_id": user, "usage": [usage], "keys": {f"ed25519:{public[usage]}": public[usage]}}
        for usage in usages
    }

    def signed(value: Content, usage: str) -> Content:
        return {**value, "signatures": {user: {f"ed25519:{public[usage]}": _sign(secrets[usage], value)}}}

    master = {**made["master"], "signatures": {user: {f"ed25519:{device}": sign(made["master"])}}}
    keys = {"master_key": master} | {f"{usage}_key": signed(made[usage], "master") for usage in usages[1:]}
    bare = {key: value for key, value in device_keys.items() if key not in ("signatures", "unsigned")}
    signatures = {user: {device: signed(bare, "self_signing")}}
    return Signing(keys, signatures, {usage: _unpadded(secret.seed) for usage, secret in secrets.items()})


def _secret(seed: str) -> Any:
    if not seed:
        return ECC.generate(curve="Ed25519")
    return ECC.construct(curve="Ed25519", seed=base64.b64decode(seed + "=" * (-len(seed) % 4)))


def _sign(secret: Any, value: Content) -> str:
    canonical = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return _unpadded(eddsa.new(secret, "rfc8032").sign(canonical.encode()))


def _unpadded(octets: bytes) -> str:
    return base64.b64encode(octets).decode().rstrip("=")
