"""The bare peer of the door for mail: aiosmtpd that takes everything and stores nothing. `python -m … PORT`."""

import asyncio
import sys
from typing import Any

from aiosmtpd.smtp import SMTP


class Nothing:
    """Says 250 and forgets."""

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """The content is dropped."""
        return "250 Ok"


async def main(port: int) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Nothing(), hostname="bare.example"), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
