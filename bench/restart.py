"""(f) How long a start takes after a kill under load, with all those conversations in the journal. No repair by hand.

The clock runs from the start of the process to its word that it runs: every listener listens by then.
"""

import time

from bench import load, table
from bench.installation import Installation
from bench.scale import Scale
from bench.table import Row

KILLS = 5
BURST = 64
"""Mails that were accepted and for the most part neither planned nor shown yet when the kill comes."""


async def after_kills(installation: Installation, scale: Scale) -> list[Row]:
    """Killed again and again while it works; at last everything is shown."""
    talks = load.talks("k", KILLS * BURST)
    seconds = []
    for number in range(KILLS):
        burst = talks[number * BURST : (number + 1) * BURST]
        await load.pour(installation.port, [talk.first() for talk in burst])
        await installation.kill()
        began = time.monotonic()
        await installation.start()
        seconds.append(time.monotonic() - began)
    await installation.until_done(scale.conversations + len(talks))
    what = f"start after a kill at load, {scale.conversations} conversations"
    note = f"longest of {KILLS}: {max(seconds):.1f} s"
    return [Row("f", what, "s", table.percentile(seconds, 0.5), aim=5, note=note)]
