"""Which cement is meant where no name or a file is given."""

from importlib.resources import files

import pytest

from vertaug.case.errors import InputError
from vertaug.workflow.stored_product import find_product


@pytest.fixture
def own(tmp_path):
    """A file with one product, and one with two."""
    text = files("vertaug.augmentation.cement").joinpath("data", "products.toml").read_text()
    first = text[text.index("[low_viscosity]") : text.index("[medium_viscosity]")]
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text(first.replace("[low_viscosity]", "[mine]"), "utf-8")
    other = first.replace("[low_viscosity]", "[yours]")
    two.write_text(one.read_text("utf-8") + other, "utf-8")
    return one, two


def test_without_a_name_the_only_product_of_the_file_is_meant(own, tmp_path):
    product, name = find_product(tmp_path, None, own[0])
    assert (product.name, name) == ("mine", "one.toml")
    assert find_product(tmp_path, "low_viscosity", own[0])[0].name == "low_viscosity"
    assert find_product(tmp_path, None, None)[0].name == "low_viscosity"


def test_of_several_one_has_to_be_named(own, tmp_path):
    with pytest.raises(InputError, match=r"holds mine, yours: choose one with --product"):
        find_product(tmp_path, None, own[1])
    assert find_product(tmp_path, "yours", own[1])[0].name == "yours"
