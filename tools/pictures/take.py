"""Pictures of sample mail in a real Matrix client, on one sheet: `docs/reading.png`. For people to look at, no test.

Needs a running `make demo`, the client built and served (see README.md beside this), Playwright and a Chromium.
"""

import argparse
import email
import email.policy
import json
import re
import smtplib
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parents[1] / "tests" / "golden" / "desk"
SHOWN = sorted(path.stem for path in SAMPLES.glob("*.eml"))


def send(port: int) -> None:
    """Hand each sample to the bridge under its own name, so that its room can be found."""
    with smtplib.SMTP("127.0.0.1", port) as door:
        for name in SHOWN:
            mail = email.message_from_bytes((SAMPLES / f"{name}.eml").read_bytes(), policy=email.policy.compat32)
            del mail["Subject"]
            del mail["In-Reply-To"]
            mail["Subject"] = name
            door.sendmail("sender@client.example", ["sales@corp.example"], mail.as_bytes())


def call(server: str, path: str, body: object, token: str = "") -> dict[str, Any]:
    """A request to the client-server API."""
    head = {"Authorization": f"Bearer {token}"} if token else {}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{server}/_matrix/client/v3{path}", data, head)
    with urllib.request.urlopen(request) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def join(server: str) -> None:
    """Let Ann into every room that she is invited to, until no more come."""
    identifier = {"type": "m.id.user", "user": "ann"}
    login = {"type": "m.login.password", "identifier": identifier, "password": "mailroom"}
    token = call(server, "/login", login)["access_token"]
    quiet = 0
    while quiet < 5:
        invited = call(server, "/sync", None, token).get("rooms", {}).get("invite", {})
        for room in invited:
            call(server, f"/join/{urllib.parse.quote(room)}", {}, token)
        quiet = 0 if invited else quiet + 1
        time.sleep(1)


def take(page: Page, folder: Path) -> list[Path]:
    """One picture of each room's timeline."""
    taken = []
    for name in SHOWN:
        page.locator(".RoomList li a .name", has_text=re.compile(f"^{re.escape(name)}$")).first.click()
        page.wait_for_selector(".Timeline_message", timeout=20_000)
        page.wait_for_timeout(1500)
        path = folder / f"{name}.png"
        messages = page.locator(".Timeline_message")
        first, last = messages.first.bounding_box(), messages.last.bounding_box()
        assert first is not None
        assert last is not None
        room = {
            "x": first["x"],
            "y": first["y"] - 6,
            "width": first["width"],
            "height": last["y"] + last["height"] - first["y"] + 12,
        }
        page.screenshot(path=path, clip=room)
        taken.append(path)
    return taken


def sheet(page: Page, pictures: list[Path], target: Path) -> None:
    """All pictures under their names, four in a row."""
    cells = "".join(
        f"<figure><figcaption>{path.stem}</figcaption><img src='{path.as_uri()}'></figure>" for path in pictures
    )
    style = (
        "body{margin:8px;display:grid;grid-template-columns:repeat(4,1fr);gap:8px;font:13px sans-serif}"
        "figure{margin:0;border:1px solid #ccc}figcaption{background:#eee;padding:2px 6px}img{width:100%}"
    )
    made = target.parent / "sheet.html"
    made.write_text(f"<style>{style}</style>{cells}")
    page.set_viewport_size({"width": 1800, "height": 800})
    page.goto(made.as_uri())
    page.wait_for_timeout(500)
    page.screenshot(path=target, full_page=True)
    made.unlink()


def main() -> int:
    """Send, log in as Ann, look into each room."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smtp", type=int, required=True, help="the bridge's SMTP port, as the demo prints it")
    parser.add_argument("--homeserver", default="http://127.0.0.1:8008")
    parser.add_argument("--client", default="http://127.0.0.1:5199/", help="where the client is served")
    parser.add_argument("--folder", type=Path, required=True, help="where the single pictures go")
    parser.add_argument("--sent", action="store_true", help="the samples are there already")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if not given.sent:
        send(given.smtp)
    join(given.homeserver)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 1400})
        page.goto(given.client)
        page.fill("#username", "ann")
        page.fill("#password", "mailroom")
        page.click("button[type=submit]")
        page.wait_for_selector(".RoomList", timeout=30_000)
        page.wait_for_timeout(3000)
        sheet(page, take(page, given.folder), HERE.parents[1] / "docs" / "reading.png")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
