"""What the daemon tells over HTTP: `/metrics` for Prometheus and `/health` for people and monitors.

It only tells. It never changes anything, and never shows a mail's text, sender or subject.
"""

from bridge.web.health import Condition, answer, peer, rules
from bridge.web.latest import Latest
from bridge.web.listener import serve
from bridge.web.metrics import Metrics

__all__ = ["Condition", "Latest", "Metrics", "answer", "peer", "rules", "serve"]
