"""What a user says about the recovery, read into values."""

from datetime import date

import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.clinic_site import ClinicSite
from vertaug.recovery.time_shift import read_zone
from vertaug.workflow.recovery_request import (
    RecoveryRequest,
    find_zone,
    local_zone_name,
    read_bone_drugs,
    read_diary,
    split_pairs,
)

KOLKATA = read_zone("Asia/Kolkata")


def request(**given):
    return RecoveryRequest(**{"procedure_at": "2026-12-01T10:30", **given})


def test_the_zone_is_that_of_the_command_then_the_clinic_then_the_computer(monkeypatch):
    clinic = ClinicSite(zone=KOLKATA)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert str(find_zone(request(timezone="UTC"), clinic)) == "UTC"
    assert find_zone(request(), clinic) is KOLKATA
    assert str(find_zone(request(), ClinicSite())) == "Europe/Berlin"
    offset = request(procedure_at="2026-12-01T10:30+05:30")
    assert find_zone(offset, ClinicSite()) is None


def test_a_computer_without_a_named_zone_asks_for_one(monkeypatch):
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr("os.path.realpath", lambda path: path)
    assert local_zone_name() is None
    with pytest.raises(InputError, match="--timezone"):
        find_zone(request(), ClinicSite())


def test_the_diary():
    found = read_diary(request(now="2026-12-20T10:00", done=("7d=2026-12-08T11:00",)), KOLKATA)
    assert found.now.isoformat() == "2026-12-20T10:00:00+05:30"
    assert found.done["7d"].isoformat() == "2026-12-08T11:00:00+05:30"
    assert read_diary(request(), KOLKATA) is None
    assert read_diary(request(now="now"), KOLKATA).now.tzinfo is KOLKATA
    with pytest.raises(InputError, match="--now"):
        read_diary(request(done=("7d=2026-12-08T11:00",)), KOLKATA)


@pytest.mark.parametrize("given", ["7d", "=2026", "7d=", ""])
def test_pairs_that_are_none_are_refused(given):
    with pytest.raises(InputError, match="--done is expected"):
        split_pairs((given,), "--done", "7d=2026-12-08T11:00")


def test_a_pair_that_comes_twice_is_refused():
    with pytest.raises(InputError, match="names 7d twice"):
        split_pairs(("7d=1", "7d=2"), "--done", "x=1")


def test_drugs_for_bone():
    found = read_bone_drugs(("denosumab=2025-01-10..2026-01-10", "alendronate=2026-02-01"))
    assert found[0].stopped == date(2026, 1, 10)
    assert found[1].stopped is None
    with pytest.raises(InputError, match="start of denosumab"):
        read_bone_drugs(("denosumab=soon",))
