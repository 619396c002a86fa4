"""The admin room is the one that the settings name, also when they named another one before."""

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office


async def restarted(office: Office, admin_room: str) -> None:
    """Give the admin room another name in the settings, as an operator does."""
    await office.stop()
    office.more["admin_room"] = f"#{admin_room}-{office.tag}"
    office.write()
    await office.start()


async def held(office: Office, count: int) -> str:
    """Let the daemon have something to say to its admins; what it says."""
    office.submit(office.mail(f"suspect {count}"))
    return f"{count} held in quarantine" if count > 1 else "Mail is held in quarantine"


async def test_another_admin_room_takes_over_and_the_former_one_says_so(make_office: MakeOffice) -> None:
    office = await make_office()
    await office.start()
    first = await office.aliased("mailroom")
    await restarted(office, "watch")
    farewell = f"another admin room now: #watch-{office.tag}"
    await office.message_with(first, farewell, office.bob)
    second = await office.aliased("watch")
    assert second != first
    words = await held(office, 1)
    await office.message_with(second, words, office.bob)

    await restarted(office, "watch")
    await restarted(office, "mailroom")
    await office.message_with(second, f"another admin room now: #mailroom-{office.tag}", office.bob)
    assert await office.aliased("mailroom") == first
    assert await office.count(first, farewell, office.bob) == 1
    assert await office.count(first, words, office.bob) == 0
    words = await held(office, 2)
    await office.message_with(first, words, office.bob)
