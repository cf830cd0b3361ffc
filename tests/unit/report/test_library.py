import sys

import pytest

from vertaug.case.errors import MissingExtraError
from vertaug.report.library import require_libraries


def test_a_missing_library_is_named_with_what_needs_it(monkeypatch):
    require_libraries(("json",), "a leaflet")
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(
        MissingExtraError, match=r'^a leaflet needs typst, .* pip install "vertaug\[report\]"$'
    ):
        require_libraries(("json", "typst"), "a leaflet")
