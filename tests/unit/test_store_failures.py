"""The disk's failures are sorted by their codes."""

import errno

import pytest

from bridge.core.errors import StorageFull, Transient
from bridge.store.failures import from_os


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_of_any_kind_is_a_full_disk(code: int) -> None:
    assert isinstance(from_os(OSError(code, "no room"), "a file"), StorageFull)


def test_a_failing_disk_is_not_a_full_one() -> None:
    error = from_os(OSError(errno.EIO, "broken"), "a file")
    assert type(error) is Transient
    assert error.code == "EIO"
