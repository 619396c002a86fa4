"""An explanation as the JSON that `mailroom rules explain` prints. It decides nothing."""

from typing import TYPE_CHECKING

from bridge.cli.printed_rules import AnswerJson, AskedJson, ExplainJson, OptionJson, ShareJson, StepJson

if TYPE_CHECKING:
    from bridge.app.explaining import Explanation, Share
    from bridge.core.rehearsing import Reply


def explain_json(found: "Explanation") -> ExplainJson:
    """The whole explanation."""
    assert found.book.compiled.rulebook is not None, "rules with problems explain nothing"
    return ExplainJson(
        digest=found.book.compiled.rulebook.digest,
        at=found.at,
        mail_from=found.envelope.mail_from,
        rcpt_tos=list(found.envelope.rcpt_tos),
        account=found.envelope.account,
        folder=found.envelope.folder,
        kind=found.mail.kind,
        shares=[_share(found, share) for share in found.shares],
    )


def _share(found: "Explanation", share: "Share") -> ShareJson:
    decision, seen = share.explained.decision, share.rehearsal
    standing = found.standings.get(share.explained.scope)
    return ShareJson(
        scope=share.explained.scope,
        why=list(share.explained.why),
        conversation=standing.conversation if standing else None,
        known=standing.known if standing else None,
        rules=[
            StepJson(
                rule=step.rule,
                taken=step.taken,
                file=step.file,
                line=step.line,
                column=step.column,
                conditions=[
                    AskedJson(depth=a.depth, hit=a.hit, words=a.words, file=a.file, line=a.line, column=a.column)
                    for a in step.asked
                ],
            )
            for step in share.explained.steps
        ],
        not_asked=share.explained.left,
        action=decision.action,
        rule=decision.trace.rule,
        file=decision.trace.file,
        line=decision.trace.line,
        shown_by=seen.scope.name if seen.outcome == "bridged" else "",
        room=seen.room,
        name=seen.name,
        fresh=seen.fresh,
        sees=list(seen.seen_by),
        lobby=seen.lobby,
        on_take=seen.on_take,
        invited=list(seen.invited),
        answers=[_answer(reply) for reply in seen.replies],
        passed=[address.spec for address in seen.passed],
        acknowledged=seen.acknowledged,
        captures=dict(decision.captures),
        options=[
            OptionJson(key=o.key, value=o.value, source=o.source, file=o.file, line=o.line) for o in share.options
        ],
    )


def _answer(reply: "Reply") -> AnswerJson:
    return AnswerJson(
        by=reply.user,
        identity=reply.identity.shown if reply.identity else "",
        to=[address.spec for address in reply.to],
        cc=[address.spec for address in reply.cc],
        bcc=[address.spec for address in reply.bcc],
        confirmed=reply.held,
        approvers=list(reply.approvers),
        why=reply.why,
    )
