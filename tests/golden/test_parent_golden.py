"""Answers whose history bears no mark, in the manner of many programs: told apart by the earlier mails they answer.

Each sample is the earlier mails and, below the last "=====", the answer with what each of its lines is: n new,
q quoted, s signature. Written by hand before they were first read. "html": the answer is HTML, a paragraph a line.
"""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import main

FOLDER = Path(__file__).with_name("parents")
SAMPLES = sorted(path.stem for path in FOLDER.glob("*.txt"))


def mail(body: str, kind: str = "plain") -> bytes:
    head = f"From: Kim <kim@x.example>\nSubject: It\nContent-Type: text/{kind}; charset=utf-8\n\n"
    return (head + body).encode()


def test_there_are_a_dozen_at_least() -> None:
    assert len(SAMPLES) >= 12


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_new_is_told_by_the_earlier_mails(name: str, tmp_path: Path) -> None:
    *earlier, answer = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").split("=====\n")
    rich = answer.startswith("html\n")
    lines = [(line[0], line[2:]) for line in answer.removeprefix("html\n").splitlines()]
    argv = ["read", "--json"]
    for number, text in enumerate(reversed(earlier)):  # the nearest first
        (tmp_path / f"{number}.eml").write_bytes(mail(text))
        argv += ["--parent", str(tmp_path / f"{number}.eml")]
    texts = [text for _, text in lines]
    body = "".join(f"<p><font color=blue>{text}</font></p>" for text in texts) if rich else "\n".join(texts)
    (tmp_path / "answer.eml").write_bytes(mail(body, "html" if rich else "plain"))
    done = CliRunner().invoke(main, [*argv, str(tmp_path / "answer.eml")])
    told = json.loads(done.output)["body"]

    def said(text: str) -> list[str]:
        return [line.strip() for line in text.split("\n") if line.strip()]

    wanted = {kind: [text.strip() for each, text in lines if each == kind and text.strip()] for kind in "nqs"}
    assert {"n": said(told["new"]), "q": said(told["quoted"]), "s": said(told["signature"])} == wanted
