"""What a row holds reads back as what was written."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core import effects
from bridge.core.decision import Trace
from bridge.core.effects import Effect, Receipt
from bridge.core.mail import Draft, Envelope, Letter
from bridge.store import codec

finite = st.floats(allow_nan=False, allow_infinity=False)
moment = st.none() | finite
draft = st.builds(Draft, date=finite)
any_effect = st.one_of(
    st.builds(effects.OpenRoom),
    st.builds(effects.Show, at=moment),
    st.builds(effects.Attach, at=moment),
    st.builds(effects.Tell),
    st.builds(effects.SendMail, draft=draft, not_before=finite),
    st.builds(effects.FileCopy, draft=draft),
    st.builds(effects.Admit),
    st.builds(effects.Rejoin),
    st.builds(effects.CloseRoom),
    st.builds(effects.ReopenRoom),
    st.builds(effects.Obey),
)


@settings(max_examples=100, deadline=None)
@given(any_effect)
def test_an_effect_reads_back(effect: Effect) -> None:
    assert codec.load_effect(effect.kind, codec.dump_effect(effect)) == effect


@settings(max_examples=50, deadline=None)
@given(st.builds(Letter, date=finite), st.builds(Envelope), st.builds(Receipt), st.lists(st.builds(Trace), max_size=3))
def test_other_values_read_back(letter: Letter, envelope: Envelope, receipt: Receipt, traces: list[Trace]) -> None:
    assert codec.load_letter(codec.dump_letter(letter)) == letter
    assert codec.load_envelope(codec.dump_envelope(envelope)) == envelope
    assert codec.load_receipt(codec.dump_receipt(receipt)) == receipt
    assert codec.load_traces(codec.dump_traces(traces)) == tuple(traces)


def test_nothing_is_an_empty_text() -> None:
    assert codec.dump_receipt(Receipt()) == codec.dump_envelope(None) == ""
    assert codec.load_receipt("") == Receipt()
    assert codec.load_envelope("") is None
    assert codec.load_traces("") == ()


def test_a_lone_surrogate_does_not_stop_a_row() -> None:
    effect = effects.Tell("k", "l", "r", "caf\udce9", mention=("@a\ud800:b",))
    back = codec.load_effect("tell", codec.dump_effect(effect))
    assert back == effects.Tell("k", "l", "r", "caf?", mention=("@a?:b",))
