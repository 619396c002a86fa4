"""What the parts of the daemon said of themselves last, in this process: nothing is taken over from an earlier one."""

from bridge.core.happened import Happened, InForce
from bridge.core.ports import Health


class Latest:
    """Remembers the newest state of each part, since when it is not well, and the digest of the rules in force."""

    def __init__(self) -> None:
        self.parts: dict[str, Health] = {}
        self.digest = ""
        self._unwell: dict[str, float] = {}

    def observe(self, happened: Happened) -> None:
        """Take note."""
        match happened:
            case Health():
                self.parts[happened.name] = happened
                if happened.state == "ok":
                    self._unwell.pop(happened.name, None)
                else:
                    self._unwell.setdefault(happened.name, happened.since)
            case InForce():
                self.digest = happened.digest
            case _:
                pass

    def state(self, name: str) -> str:
        """What it said of itself; empty when it said nothing yet."""
        said = self.parts.get(name)
        return said.state if said else ""

    def unwell_since(self, name: str) -> float | None:
        """Since when it has not been well, in seconds since the epoch; None while it is, or said nothing."""
        return self._unwell.get(name)
