import numpy as np
import pytest

from vertaug.augmentation.cement.stop_rules import Rule, StopRules, Watch, list_rules
from vertaug.case.errors import InputError
from vertaug.case.filling import LEAK_PATHS

DRY = np.zeros(6)


@pytest.fixture(scope="module")
def body(ball):
    return ball(radius=10.0, porosity=0.8)


def cement(body, low_mm, high_mm):
    """Fill the pores between two depths, near the middle of the other axes."""
    x, y, z = body.grid.to_world(np.indices(body.grid.shape).reshape(3, -1).T).T
    inside = (y >= low_mm) & (y <= high_mm) & (np.abs(x) < 3.1) & (np.abs(z) < 3.1)
    return np.where(inside.reshape(body.grid.shape), body.porosity, 0.0)


def test_cement_in_the_posterior_quarter_is_seen(body):
    """The body is 20 mm deep, so its posterior quarter begins 5 mm behind the middle."""
    watch = Watch(StopRules(), body)
    watch.look(cement(body, -8.0, 4.0), DRY, 10.0, 900.0)
    assert not watch.stops
    assert watch.first is None
    watch.look(cement(body, -8.0, 8.0), DRY, 12.0, 1100.0)
    assert watch.stops
    event = watch.first
    assert event.rule == "posterior_quarter"
    assert event.acted_on
    assert (event.time_s, event.injected_mm3) == (12.0, 1100.0)
    # 7 x 7 cells at depths of 5 to 8 mm, 0.8 of them pores
    assert "0.16 ml of cement are seen in the posterior 25 %" in event.sentence


def test_thin_cement_is_not_seen_behind_bone(body):
    film = 0.1 * cement(body, 5.0, 9.0)
    watch = Watch(StopRules(visible_mm3=1.0), body)
    watch.look(film, DRY, 1.0, 10.0)
    assert not watch.stops
    watch = Watch(StopRules(visible_mm3=1.0, visible_thickness_mm=0.1), body)
    watch.look(film, DRY, 1.0, 10.0)
    assert watch.stops


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("B", "basivertebral_vein"),
        ("S", "segmental_vein"),
        ("C", "outside_cortex"),
        ("D", "disc"),
        ("canal", "canal"),
        ("track", "needle_track"),
    ],
)
def test_a_leak_is_seen_from_a_twentieth_of_a_millilitre_on(body, path, rule):
    watch = Watch(StopRules(), body)
    leaked = np.zeros(6)
    leaked[LEAK_PATHS.index(path)] = 49.0
    watch.look(cement(body, 0.0, 1.0), leaked, 1.0, 100.0)
    assert not watch.events
    watch.look(cement(body, 0.0, 1.0), leaked + leaked / 10.0, 2.0, 200.0)
    assert [event.rule for event in watch.events] == [rule]
    assert "0.05 ml" in watch.first.sentence


def test_rules_are_kept_in_their_order_and_once(body):
    watch = Watch(StopRules(act=False), body)
    watch.feel(30.0, 50.0, 1.0, 10.0)
    assert not watch.events
    watch.feel(20.0, 50.0, 2.0, 20.0)
    watch.feel(10.0, 50.0, 3.0, 30.0)
    leaked = np.full(6, 60.0)
    watch.look(cement(body, 0.0, 1.0), leaked, 4.0, 40.0)
    assert watch.events[0].rule == Rule.SYRINGE
    assert watch.events[0].injected_mm3 == 20.0
    assert "1.20 ml/min instead of 3.00" in watch.events[0].sentence
    assert len(watch.events) == 7
    assert not any(event.acted_on for event in watch.events)
    assert not watch.stops


def test_every_rule_is_listed_with_its_threshold():
    rules = StopRules(visible_mm3=80.0, posterior_share=0.2, least_rate_share=0.4)
    listed = {watched.rule: watched.condition for watched in list_rules(rules, 540.0)}
    assert list(listed) == [str(rule) for rule in Rule]
    assert listed["disc"] == "0.08 ml or more in the disc"
    assert "posterior 20 %" in listed["posterior_quarter"]
    assert "less than 40 % of the wanted flow" in listed["syringe_limit"]
    assert "9.0 min from mixing" in listed["working_time"]


@pytest.mark.parametrize(
    "given",
    [
        {"visible_mm3": 0.0},
        {"posterior_share": 1.0},
        {"least_rate_share": 0.0},
        {"visible_thickness_mm": -1.0},
    ],
)
def test_rules_that_cannot_be_are_refused(given):
    with pytest.raises(InputError, match="stop rules need"):
        StopRules(**given)
