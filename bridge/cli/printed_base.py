"""What all printed JSON is made of, and a problem of a file, which several commands print."""

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from bridge.yamldoc import Problem


class Printed(BaseModel):
    """A value that a command prints. Fields are only ever added."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)  # most commands print one of them


class ProblemJson(Printed):
    """One thing to mend in a rule file. Line and column count from 1."""

    level: Literal["problem", "warning"]
    file: str
    line: int
    column: int
    path: str
    what: str
    cure: str


def problem_json(level: Literal["problem", "warning"], problem: "Problem") -> ProblemJson:
    """A problem as it is printed."""
    place = {"file": problem.file, "line": problem.line, "column": problem.column, "path": problem.path}
    return ProblemJson.model_validate({"level": level, **place, "what": problem.what, "cure": problem.cure})
