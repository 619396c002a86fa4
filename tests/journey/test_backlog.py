"""What lay in a mailbox before Mailroom first looked is history: shown quietly, people invited afterwards."""

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office
from tests.waiting import eventually


async def test_people_are_invited_to_what_lay_in_the_mailbox_once_it_is_shown(make_office: MakeOffice) -> None:
    office = await make_office()
    office.drop_into_desk(office.mail("An old question", "Written long ago."))
    await office.start()
    room = await office.room_named("An old question")
    shown = await office.message_with(room, "Written long ago.")
    assert shown["content"]["msgtype"] == "m.notice"


async def test_rules_that_return_to_an_earlier_state_are_reconciled_again(make_office: MakeOffice) -> None:
    office = await make_office()
    await office.start()
    office.submit(office.mail())
    room = await office.room_named("Order 7", office.bob)
    with_bob = office.rules()
    without_bob = with_bob.replace("for: [ann, bob], join: at-once", "for: ann, join: at-once")
    assert without_bob != with_bob
    for _ in range(2):
        office.write_rules(without_bob)
        await eventually(lambda: _is_away(office, room), every=0.1)
        office.write_rules(with_bob)
        await eventually(lambda: _is_invited(office, room), every=0.1)


async def _is_away(office: Office, room: str) -> bool:
    return office.bob.user_id in await office.as_bot().members(room, "leave")


async def _is_invited(office: Office, room: str) -> bool:
    return office.bob.user_id in await office.as_bot().members(room, "invite")
