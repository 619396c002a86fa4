"""The account's own signing keys: clients that verify them find each signature right."""

import base64
import copy
import json
from typing import Any

from nio.crypto import OlmAccount
from vodozemac import Ed25519PublicKey, Ed25519Signature

from bridge.chat.crosssigning import bootstrap

USER, DEVICE = "@bot:corp.example", "MAILROOM"
KEYS = {"user_id": USER, "device_id": DEVICE, "algorithms": [], "keys": {f"ed25519:{DEVICE}": "k"}}


def canonical(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def verified(value: dict[str, Any], name: str, public: str) -> bool:
    value = copy.deepcopy(value)
    signature = value.pop("signatures")[USER][f"ed25519:{name}"]
    key = Ed25519PublicKey.from_base64(public)
    key.verify_signature(canonical(value).encode(), Ed25519Signature.from_base64(signature))  # raises
    return True


def test_the_master_key_signs_the_others_and_these_the_device() -> None:
    account = OlmAccount()

    def sign(value: dict[str, Any]) -> str:
        return account.sign(canonical(value))

    made = bootstrap(USER, DEVICE, {**KEYS, "signatures": {"x": 1}, "unsigned": {"y": 2}}, sign, {})
    public = {
        usage: next(iter(made.keys[f"{usage}_key"]["keys"].values()))
        for usage in ("master", "self_signing", "user_signing")
    }
    assert verified(made.keys["self_signing_key"], public["master"], public["master"])
    assert verified(made.keys["user_signing_key"], public["master"], public["master"])
    assert verified(made.keys["master_key"], DEVICE, account.identity_keys["ed25519"])
    device = made.signatures[USER][DEVICE]
    assert verified(device, public["self_signing"], public["self_signing"])
    assert {key: device[key] for key in KEYS} == KEYS
    assert len(set(public.values())) == 3


def test_kept_seeds_make_the_same_keys_again() -> None:
    first = bootstrap(USER, DEVICE, KEYS, lambda value: "s", {})
    again = bootstrap(USER, DEVICE, KEYS, lambda value: "s", first.seeds)
    assert again == first
    assert all(len(base64.b64decode(seed + "=")) == 32 for seed in first.seeds.values())
    assert first.seeds != bootstrap(USER, DEVICE, KEYS, lambda value: "s", {}).seeds
