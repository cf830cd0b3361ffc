import pytest

from vertaug.case.source_status import SourceStatus, find_weakest


@pytest.mark.parametrize(
    ("status", "mark", "words"),
    [
        ("verified", "", "verified"),
        ("verified in a digest", "", "verified in a digest"),
        ("partly verified", "partly verified", "partly verified"),
        ("computed", "", "computed"),
        ("recalled", "unverified", "unverified"),
        ("uncertain", "unverified", "unverified"),
        ("design default", "design default", "design default"),
    ],
)
def test_marks_on_paper(status, mark, words):
    assert SourceStatus(status).mark == mark
    assert SourceStatus(status).words == words


def test_what_is_checked_and_what_is_from_memory():
    assert {s.value for s in SourceStatus if s.is_checked} == {"verified", "computed"}
    assert {s.value for s in SourceStatus if s.is_from_memory} == {"partly verified", "recalled"}


def test_a_number_from_two_is_as_little_known_as_the_lesser():
    both = (SourceStatus.UNCERTAIN, SourceStatus.VERIFIED)
    assert find_weakest(both) is SourceStatus.UNCERTAIN
    assert find_weakest(reversed(both)) is SourceStatus.UNCERTAIN
    assert find_weakest((SourceStatus.RECALLED, SourceStatus.PARTLY)) is SourceStatus.RECALLED
