"""An admin's monitoring looks at the daemon over HTTP: numbers that are true, words that help, nothing of any mail."""

import json

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.journey.conftest import MakeOffice
from tests.journey.office import PATIENCE, Office
from tests.servers.ports import LOOPBACK, free_port
from tests.waiting import eventually

pytestmark = pytest.mark.parametrize("mode", ["appservice"])
"""What is shown over HTTP is the same in both modes."""

Numbers = dict[str, float]


class Monitor:
    """Looks at one office from outside. `seen`: all that it was ever told."""

    def __init__(self, office: Office) -> None:
        self._port = free_port()
        self.seen = ""
        file = office.folder / "mailroom.yaml"
        settings = json.loads(file.read_text())
        settings["listen"]["metrics"] = f"{LOOPBACK}:{self._port}"
        file.write_text(json.dumps(settings))

    async def get(self, path: str) -> tuple[int, str]:
        """The status and the text; 0 while nobody listens."""
        try:
            async with aiohttp.ClientSession() as client, client.get(f"http://{LOOPBACK}:{self._port}{path}") as answer:
                status, text = answer.status, await answer.text()
        except aiohttp.ClientConnectionError:
            return 0, ""
        self.seen += text
        return status, text

    async def numbers(self) -> Numbers:
        """Every sample: "name" or "name label label", its labels' values in the order of their names."""
        status, text = await self.get("/metrics")
        families = text_string_to_metric_families(text if status == 200 else "")
        samples = [sample for family in families for sample in family.samples]
        return {" ".join((s.name, *(s.labels[key] for key in sorted(s.labels)))): s.value for s in samples}

    async def until(self, **wanted: float) -> Numbers:
        """The numbers once these have such values, each under its name without "mailroom_"."""
        asked = {f"mailroom_{name}": value for name, value in wanted.items()}

        async def look() -> Numbers:
            found = await self.numbers()
            return found if {name: found.get(name) for name in asked} == asked else {}

        return await eventually(look, within=PATIENCE, every=0.2)

    async def says(self, status: int, words: str) -> None:
        """Wait until `/health` answers so."""

        async def look() -> bool:
            told, text = await self.get("/health")
            return told == status and words in text

        await eventually(look, within=PATIENCE, every=0.2)


async def test_a_story_in_numbers(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    monitor = Monitor(office)
    await office.start()
    await monitor.until(**{"account_connected desk": 1, "homeserver_connected": 1, "rules_broken": 0})
    await monitor.says(200, "ok       account desk: ok")

    room, shown = await office.opened(office.mail("Zanzibar cloves", "How many sacks?"), "How many sacks?")
    office.submit(office.mail("You won the lottery"))
    office.submit(office.mail("A suspect thing"))
    office.drop_into_desk(office.mail("Quinces"))
    await office.ann.reply(room, shown, "Forty sacks.")
    await office.received()
    told = await monitor.until(
        **{
            "mails_accepted_total smtp": 3,
            "mails_accepted_total imap": 1,
            "arrivals_planned_total mail bridged": 2,
            "arrivals_planned_total mail dropped": 1,
            "arrivals_planned_total mail quarantined": 1,
            "arrivals_planned_total event answer": 1,
            "arrivals_waiting": 0,
            "arrivals_quarantined": 1,
            "answers_total sent inbox:support": 1,
            "effects_total show done": 2,
            "effects_total file-copy done": 1,
            "outbox waiting": 0,
            "lane_oldest_seconds": 0,
        }
    )
    assert told["mailroom_last_success_timestamp_seconds answer-sent"] > 0
    for theirs in ("Zanzibar", "sacks", "lottery", "suspect", "Quinces", "client.example", "Anna"):
        assert theirs not in monitor.seen


async def test_what_goes_wrong_is_told(make_office: MakeOffice) -> None:
    office = await make_office()
    monitor = Monitor(office)
    await office.start()
    before = await monitor.until(**{"account_connected desk": 1, "rules_broken": 0, "rules_loads_total in-force": 1})
    digest = next(name for name in before if name.startswith("mailroom_rulebook_info "))
    good = office.rules()
    office.write_rules(good.replace("notify: none}", "notify: nobody}", 1))
    told = await monitor.until(**{"rules_broken": 1, "rules_loads_total problems": 1})
    assert told[digest] == 1, "the old rules are in force"
    await monitor.says(200, "the files have problems")

    (office.folder / "lmtp.sock").unlink()
    await monitor.says(503, f"problem  door {office.folder / 'lmtp.sock'}: does not listen")

    await office.stop()
    (office.folder / "desk.pass").write_text("another")
    await office.start()
    await monitor.says(503, "problem  account desk: failed for")
    await monitor.says(503, "the files have problems")
    told = await monitor.until(**{"account_connected desk": 0, "rules_broken": 1})
    assert told["mailroom_account_backoff_seconds desk"] > 0
    assert told[digest] == 1
    await eventually(lambda: office.log.count("notify: must be") == 2)  # the reloader looked, too
    await office.change_rules(good.replace("lottery", "jackpot"))
    told = await monitor.until(**{"rules_broken": 0})
    assert digest not in told
