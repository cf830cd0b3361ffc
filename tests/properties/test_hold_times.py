"""More time held never undoes a complete hold; what becomes known never contradicts."""

from datetime import datetime, timedelta

from hypothesis import given, settings, strategies as st

from vertaug.indications.antithrombotic import HoldState, judge_hold
from vertaug.indications.antithrombotic_table import HoldPolicy, read_drugs

PROCEDURE = datetime(2026, 3, 10, 9)
DRUGS = st.sampled_from(sorted(name for name, drug in read_drugs().items() if drug.holds))
POLICIES = st.sampled_from(list(HoldPolicy))
MINUTES = st.integers(0, 12 * 24 * 60)


def state(drug, minutes, crcl, policy, inr):
    last_dose = PROCEDURE - timedelta(minutes=minutes)
    return judge_hold(drug, last_dose, PROCEDURE, crcl, policy, inr=inr)


@settings(max_examples=150, deadline=None)
@given(DRUGS, POLICIES, MINUTES, MINUTES, st.none() | st.floats(0, 300))
def test_longer_is_never_worse(drug, policy, minutes, more, crcl):
    shorter = state(drug, minutes, crcl, policy, 1.0)
    longer = state(drug, minutes + more, crcl, policy, 1.0)
    order = [HoldState.NOT_COMPLETE, HoldState.UNKNOWN, HoldState.COMPLETE]
    assert order.index(longer.state) >= order.index(shorter.state)
    assert shorter.complete_from - longer.complete_from >= timedelta(0)


@settings(max_examples=150, deadline=None)
@given(DRUGS, POLICIES, MINUTES, st.floats(0, 300), st.floats(0.5, 20))
def test_what_becomes_known_does_not_contradict(drug, policy, minutes, crcl, inr):
    known = state(drug, minutes, crcl, policy, inr)
    for half in (
        state(drug, minutes, None, policy, inr),
        state(drug, minutes, crcl, policy, None),
        state(drug, minutes, None, policy, None),
        judge_hold(drug, None, PROCEDURE, crcl, policy, inr=inr),
    ):
        assert half.state in {HoldState.UNKNOWN, known.state}
        assert (half.state is HoldState.UNKNOWN) <= bool(half.missing)
    local = ("local policy: held or continued",)
    assert known.state is not HoldState.UNKNOWN or known.missing == local
