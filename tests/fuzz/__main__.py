"""`make fuzz`: mails made by a coverage-guided fuzzer (atheris, libFuzzer) until one breaks a promise of the reader.

`python -m tests.fuzz FOLDER [OPTION...]`: FOLDER keeps what was found to be new, and mails that failed; options are
libFuzzer's, such as -max_total_time=900. It begins with our own samples. A mail that took over two seconds counts as
failed too.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bridge.mail", "bridge.core"]):
    from tests.fuzz.checks import check

SAMPLES = Path(__file__).parents[1] / "golden" / "reader"
_WORDS = (
    *(
        "From: a@b.example\\r\\n",
        "Subject: ",
        "=?utf-8?q?",
        "=?utf-8?b?",
        "?=",
        "\\r\\n\\r\\n",
        "\\r\\n ",
        "boundary=b",
    ),
    *("Content-Type: multipart/mixed; boundary=b\\r\\n", "Content-Type: multipart/alternative; boundary=b\\r\\n"),
    *(
        "Content-Type: text/html\\r\\n",
        "Content-Type: message/rfc822\\r\\n",
        "charset=utf-16",
        "charset=utf-7",
        "--b\\r\\n",
    ),
    *(
        "Content-Type: text/calendar\\r\\n",
        "Content-Type: multipart/report; report-type=delivery-status\\r\\n",
        "--b--",
    ),
    *("Content-Transfer-Encoding: base64\\r\\n", "Content-Transfer-Encoding: quoted-printable\\r\\n", "format=flowed"),
    *("<blockquote>", "</div>", "<table><tr><td>", "<a href=", "<img src=cid:i>", "style=", "display:none", "&amp;"),
    *(
        "On Mon, Ann wrote:\\r\\n",
        "> ",
        "-- \\r\\n",
        "-----Original Message-----\\r\\n",
        "BEGIN:VEVENT\\r\\n",
        "filename*0*=",
    ),
)


def main(arguments: list[str]) -> None:
    """Never returns: libFuzzer ends the process, with 77 when a promise broke."""
    folder = Path(arguments[0])
    corpus, words = folder / "corpus", folder / "words"
    corpus.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES.glob("*.eml"):
        (corpus / sample.stem).write_bytes(sample.read_bytes())
    words.write_text("".join(f'"{escaped}"\n' for word in _WORDS if (escaped := _escaped(word))))
    options = [f"-dict={words}", f"-artifact_prefix={folder}/", "-timeout=2", "-max_len=20000", "-rss_limit_mb=2000"]
    atheris.Setup([sys.argv[0], *options, *arguments[1:], str(corpus)], check)
    atheris.Fuzz()


def _escaped(word: str) -> str:
    """As libFuzzer's dictionaries are written."""
    return word.replace("\\r", "\\x0d").replace("\\n", "\\x0a").replace('"', '\\"')


if __name__ == "__main__":
    main(sys.argv[1:])
