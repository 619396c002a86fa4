"""Rule tests as JUnit XML, the form that build servers read. It writes text and decides nothing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from bridge.cli.show import clean

if TYPE_CHECKING:
    from bridge.app.trying import Report, Tried
    from bridge.yamldoc import Problem


def junit(report: "Report") -> str:
    """The whole report. Problems of rules and test files are errors of a suite of their own."""
    suites: dict[str, list[Tried]] = {}
    for tried in report.tried:
        suites.setdefault(tried.file, []).append(tried)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    if report.problems:
        lines += _problems(report.problems)
    for file, cases in suites.items():
        failed = sum(bool(case.misses) for case in cases)
        errors = sum(bool(case.error) for case in cases)
        seconds = sum(case.seconds for case in cases)
        lines.append(
            f'  <testsuite name={_attribute(file)} tests="{len(cases)}" failures="{failed}" errors="{errors}" '
            f'time="{seconds:.3f}">'
        )
        for case in cases:
            lines += _case(case)
        lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _problems(problems: "Sequence[Problem]") -> list[str]:
    count = len(problems)
    lines = [f'  <testsuite name="rules check" tests="{count}" failures="0" errors="{count}">']
    for problem in problems:
        name = _attribute(f"{problem.file}:{problem.line}:{problem.column}")
        lines.append(f'    <testcase classname="rules check" name={name}>')
        lines.append(f"      <error message={_attribute(problem.what)}>{_text(str(problem))}</error>")
        lines.append("    </testcase>")
    lines.append("  </testsuite>")
    return lines


def _case(case: "Tried") -> list[str]:
    head = f"    <testcase classname={_attribute(case.file)} name={_attribute(case.name)}"
    head += f' file={_attribute(case.file)} line="{case.line}" time="{case.seconds:.3f}"'
    if case.ok:
        return [f"{head}/>"]
    if case.error:
        return [f"{head}>", f"      <error message={_attribute(case.error)}/>", "    </testcase>"]
    words = [f"{case.file}:{m.line}:{m.column}: {m.key}: expected {m.expected}, got {m.actual}" for m in case.misses]
    words += [f"taken by {taken}" for taken in case.taken]
    message = _attribute(f"{case.misses[0].key}: expected {case.misses[0].expected}, got {case.misses[0].actual}")
    body = "\n".join(_text(word) for word in words)
    return [f"{head}>", f"      <failure message={message}>{body}</failure>", "    </testcase>"]


def _attribute(text: str) -> str:
    return quoteattr(clean(text))


def _text(text: str) -> str:
    return escape(clean(text))
