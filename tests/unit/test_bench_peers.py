"""The bare peers stay bare: a peer that does more than it must would flatter us."""

import re
from pathlib import Path

import pytest

import bench

PEERS = ("bare_bridge.py", "bare_client.py", "bare_rooms.py", "bare_smtpd.py")


@pytest.mark.parametrize("name", PEERS)
def test_a_bare_peer_has_at_most_sixty_lines_and_nothing_of_ours(name: str) -> None:
    """But the connections to a homeserver: with others a bare client would be slower than it need be."""
    text = (Path(bench.__file__).parent / name).read_text()
    assert len(text.splitlines()) <= 60
    assert not re.search(r"(?m)^\s*(from|import) bridge\b(?!\.chat\.http1 import Http1$)", text)
