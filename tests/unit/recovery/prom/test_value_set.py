"""Value sets that a user brings."""

from itertools import product

import pytest

from vertaug.case.errors import FormatError, InputError
from vertaug.recovery.prom.value_set import answers_of_state, check_state, read_value_set

from .conftest import decrement_lines


def test_decrements_give_every_state(set_file):
    found = read_value_set(set_file(decrement_lines()))
    assert found.name == "made_up"
    assert len(found.values) == 3125
    assert found.index("11111") == 1.0
    assert found.index("21345") == pytest.approx(1 - 0.05 - 0.10 - 0.20 - 0.30)


def test_a_constant_is_lost_by_every_state_but_the_best(set_file):
    found = read_value_set(set_file(decrement_lines(constant=0.04)))
    assert found.index("11111") == 1.0
    assert found.index("11112") == pytest.approx(1 - 0.04 - 0.05)


def test_states_are_read_as_they_are(set_file):
    rows = ["State,Index", "11111,1", "21111,0.95", "55555,-0.661"]
    found = read_value_set(set_file(rows), "Germany 2018")
    assert (found.name, found.index("55555")) == ("Germany 2018", -0.661)
    with pytest.raises(InputError, match="Germany 2018 has no state 33333; it has 3 of 3125"):
        found.index("33333")


def test_both_forms_agree(set_file):
    one = read_value_set(set_file(decrement_lines(), "one.csv"))
    states = ("".join(levels) for levels in product("12345", repeat=5))
    rows = ["state,index", *(f"{state},{one.index(state)!r}" for state in states)]
    assert read_value_set(set_file(rows, "other.csv")).values == one.values


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: ["a,b", *lines[1:]], "expected to begin with state,index or dimension"),
        (lambda lines: lines[:-1], "misses ad 5"),
        (lambda lines: [*lines, "mo,2,0.1"], "each once; got 'mo' '2'"),
        (lambda lines: [*lines, "mo,6,0.1"], "a level from 2 to 5"),
        (lambda lines: [*lines[:-1], "ad,5,-0.3"], "expected as a positive loss; got -0.3"),
        (lambda lines: [*lines[:-1], "ad,5,much"], "expected as a number with a point; got 'much'"),
        (lambda lines: [*lines[:-1], "ad,5,3"], "expected from -1.5 to 1; got -2"),
        (lambda _: ["state,index"], "holds no state"),
        (lambda _: ["state,index", "11116,1"], "line 2: '11116' is not a state"),
        (lambda _: ["state,index", "11111,1", "11111,1"], "line 3: '11111' is given twice"),
        (lambda _: ["state,index", "11111"], "line 2: index is expected as a number"),
        (lambda _: ["state,index", "21111,1.2"], "the index of 21111 is expected from -1.5 to 1"),
    ],
)
def test_faults_are_named(set_file, change, said):
    with pytest.raises(FormatError, match=said):
        read_value_set(set_file(change(decrement_lines())))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FormatError, match="cannot be read as text"):
        read_value_set(tmp_path / "none.csv")


@pytest.mark.parametrize("state", ["1111", "111111", "11110", "11116", "1111a", ""])
def test_what_is_no_state(state):
    with pytest.raises(InputError, match="five digits from 1 to 5"):
        check_state(state)


def test_answers_of_a_state():
    assert answers_of_state("12345") == {
        "mo": 1.0,
        "sc": 2.0,
        "ua": 3.0,
        "pd": 4.0,
        "ad": 5.0,
        "vas": None,
    }
