"""Pictures of a registry: new fractures, predicted beside observed."""

import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.registry.agreement import Agreement, ObservedPair
from vertaug.recovery.registry.fracture_survival import FractureSurvival, SurvivalStep
from vertaug.recovery.registry.made_up import MADE_UP_WORDS
from vertaug.report.figure_agreement import draw_agreement
from vertaug.report.figure_new_fractures import draw_new_fractures


def survival(*steps, never=3):
    days = (1, 7, 30, 91, 182, 365)
    made = tuple(
        SurvivalStep(day=day, at_risk=n, events=e, censored=c, free=free, low=free - 0.05,
                     high=min(1.0, free + 0.04))
        for day, n, e, c, free in steps
    )  # fmt: skip
    return FractureSurvival(
        steps=made,
        patients=made[0].at_risk if made else 0,
        events=sum(step.events for step in made),
        never_looked=never,
        risk_days=days,
        at_risk=tuple(max((s.at_risk for s in made if s.day >= d), default=0) for d in days),
    )


YEAR = survival((1, 100, 0, 10, 1.0), (91, 90, 4, 6, 0.956), (365, 80, 8, 72, 0.86))


def agreement(*pairs, **changes):
    values = {
        "quantity": "height_anterior_mm", "procedure": "kyphoplasty", "unit": "mm",
        "pairs": tuple(
            ObservedPair(pseudonym="P-1", level="L1", predicted=p, observed=o) for p, o in pairs
        ),
        "only_predicted": 2, "only_observed": 5, "not_usable": 0, "bias": 0.4, "low": -1.2,
        "high": 2.0, "words": "anterior height: simulated, and on the first image",
    }  # fmt: skip
    return Agreement(**(values | changes))


def texts(picture_of, monkeypatch):
    """Return the words of the figure that a function draws."""
    from vertaug.report import canvas

    kept = []
    real = canvas.png_bytes

    def keep(figure):
        kept.append(figure)
        return real(figure)

    monkeypatch.setattr(canvas, "png_bytes", keep)
    picture = picture_of()
    from matplotlib.text import Text

    (figure,) = kept
    return picture, [t.get_text() for t in figure.findobj(Text) if t.get_text()]


def test_the_curve_says_who_is_not_known(monkeypatch):
    picture, words = texts(lambda: draw_new_fractures(YEAR), monkeypatch)
    assert picture.png.startswith(b"\x89PNG")
    assert any("12 in 100 patients followed; 14 % by 12 months" in w for w in words)
    assert any("3 more without an image" in w for w in words)
    assert {"100", "90", "80", "12"} <= set(words), "numbers at risk and fractures"
    assert "Without a control arm" in picture.caption
    assert {"still followed", "fractures so far"} <= set(words)
    assert any("bar: at 12 months" in w for w in words)
    assert "planned visit" in picture.caption


def test_the_interval_of_the_title_is_drawn_at_12_months(monkeypatch):
    """The shaded band of the last step has no width."""
    from matplotlib.collections import LineCollection

    from vertaug.report import canvas

    kept = []
    real = canvas.png_bytes
    monkeypatch.setattr(canvas, "png_bytes", lambda figure: kept.append(figure) or real(figure))
    draw_new_fractures(YEAR)
    (figure,) = kept
    bars = [
        segment.tolist()
        for lines in figure.axes[0].findobj(LineCollection)
        for segment in lines.get_segments()
    ]
    assert [[[365, pytest.approx(0.1)], [365, pytest.approx(0.19)]]] == [
        bar for bar in bars if len(bar) == 2 and bar[0][0] == 365
    ]


def test_pictures_of_made_up_patients_carry_it(monkeypatch):
    import io

    from PIL import Image

    from vertaug.report import registry_pictures

    class Summary:
        scores, fractures, agreements = (), YEAR, ()
        made_up = False

    ((name, plain),) = registry_pictures.draw_summary(Summary)
    Summary.made_up = True
    ((same, marked),) = registry_pictures.draw_summary(Summary)
    assert name == same
    assert marked.caption == f"{MADE_UP_WORDS} {plain.caption}"
    assert "MADE-UP" not in plain.caption
    below, page = (Image.open(io.BytesIO(p.png)).convert("RGB") for p in (plain, marked))
    high = page.height - below.height
    assert high > 20
    assert page.crop((0, high, *page.size)).tobytes() == below.tobytes()
    assert page.getpixel((2, 2)) == (0xB3, 0x26, 0x1E)


def test_no_year_no_share_of_a_year(monkeypatch):
    short = survival((1, 10, 0, 2, 1.0), (91, 8, 1, 7, 0.875))
    _, words = texts(lambda: draw_new_fractures(short), monkeypatch)
    assert not any("by 12 months" in w for w in words)
    with pytest.raises(InputError, match="no curve to draw"):
        draw_new_fractures(survival())


def test_nothing_is_written_over_the_edge(monkeypatch):
    from vertaug.report import canvas

    kept = []
    real = canvas.png_bytes
    monkeypatch.setattr(canvas, "png_bytes", lambda figure: kept.append(figure) or real(figure))
    draw_new_fractures(YEAR)
    draw_agreement(agreement((18.0, 18.5), (16.0, 16.2), (20.0, 21.0)))
    for figure in kept:
        page = figure.bbox
        for text in (*figure.texts, *(t for axes in figure.axes for t in axes.texts)):
            box = text.get_window_extent()
            assert box.x0 >= page.x0 - 1, text.get_text()
            assert box.x1 <= page.x1 + 1, text.get_text()


def test_agreement_says_what_is_missing(monkeypatch):
    made = agreement((18.0, 18.5), (16.0, 16.2), not_usable=2)
    picture, words = texts(lambda: draw_agreement(made), monkeypatch)
    assert picture.name == "agreement_height_anterior_mm_kyphoplasty"
    assert any("Only predicted: 2; only observed: 5." in w for w in words)
    assert any("2 values are of the model" in w for w in words)
    assert any(w == "bias: 0.4" for w in words)
    assert any(w == "−1.96 SD: −1.2" for w in words)


def test_one_pair_has_no_limits(monkeypatch):
    one = agreement((18.0, 18.5), bias=None, low=None, high=None)
    _, words = texts(lambda: draw_agreement(one), monkeypatch)
    assert not any("SD" in w or "bias" in w for w in words)
    with pytest.raises(InputError, match="both predicted and observed"):
        draw_agreement(agreement())


def test_pictures_are_the_same_bytes():
    assert draw_new_fractures(YEAR).png == draw_new_fractures(YEAR).png
