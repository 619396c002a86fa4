"""A TLS IMAP server with one empty folder for any number of accounts, all of them idle: `python -m … PORT CERT KEY`.

It says what a client must hear to fall asleep in IDLE, and nothing ever happens there.
"""

import asyncio
import contextlib
import ssl
import sys

_CAPABILITIES = "IMAP4rev1 IDLE AUTH=PLAIN SASL-IR"


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection."""
    writer.write(f"* OK [CAPABILITY {_CAPABILITIES}] empty\r\n".encode())
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
        while line := await reader.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            said = ""
            match rest.split(" ")[0].upper():
                case "CAPABILITY":
                    said = f"* CAPABILITY {_CAPABILITIES}\r\n"
                case "AUTHENTICATE" if len(rest.split(" ")) == 2:
                    writer.write(b"+ \r\n")
                    await reader.readline()
                case "EXAMINE" | "SELECT":
                    said = "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 1] ok\r\n"
                case "STATUS":
                    said = '* STATUS "INBOX" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)\r\n'
                case "UID":
                    said = "* SEARCH\r\n" if "SEARCH" in rest else ""
                case "IDLE":
                    writer.write(b"+ idling\r\n")
                    await reader.readline()
            writer.write(f"{said}{tag} OK done\r\n".encode())
    writer.close()


async def main(port: int, certificate: str, key: str) -> None:
    """Serve until killed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=context, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
