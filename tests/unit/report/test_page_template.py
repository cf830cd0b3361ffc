import pytest

from vertaug.report.page_template import embed, render_page


def test_a_file_becomes_an_address():
    assert embed(b"ab", "image/png") == "data:image/png;base64,YWI="


def test_a_page_refuses_what_is_missing():
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        render_page("questionnaire.html.j2", {})
