"""Cement products."""

from importlib.resources import files

import pytest

from vertaug.augmentation.cement.product import (
    ViscosityClass,
    cement_product,
    parse_products,
    product_names,
)
from vertaug.case.errors import FormatError, InputError
from vertaug.case.source_status import SourceStatus

BUILT_IN = files("vertaug.augmentation.cement").joinpath("data", "products.toml").read_text("utf-8")


@pytest.mark.parametrize("name", product_names())
def test_every_value_has_a_source_and_lies_in_its_range(name):
    product = cement_product(name)
    assert len(product.quantities) == 21
    for key, quantity in product.quantities.items():
        assert len(quantity.source) > 5, key
        assert quantity.status in SourceStatus
        if quantity.low is not None:
            assert quantity.low <= quantity.value <= quantity.high, key
    assert "viscosity_pa_s" in product.uncertain
    assert "modulus_mpa" not in product.uncertain
    assert product.adiabatic_rise_c == pytest.approx(100_000 / 1460)


def test_low_and_high_viscosity():
    low, high = cement_product("low_viscosity"), cement_product("high_viscosity")
    assert low.viscosity_class is ViscosityClass.LOW
    assert high.viscosity_class is ViscosityClass.HIGH
    assert low.radiopacifier == high.radiopacifier == "BaSO4"
    assert low.viscosity_pa_s.value < high.viscosity_pa_s.value
    assert low.modulus_mpa.range_text == "2000 to 2700"
    assert low.viscosity_at_s.range_text == ""


def test_own_file_stands_beside_the_built_in_ones(tmp_path):
    file = tmp_path / "mine.toml"
    own = BUILT_IN.replace("[low_viscosity]", "[mine]").replace("value = 50.0", "value = 60.0")
    file.write_text(own, encoding="utf-8")
    assert cement_product("mine", file=file).viscosity_pa_s.value == 60.0
    assert cement_product("simplex_p", file=file).viscosity_pa_s.value == 60.0
    assert cement_product("low_viscosity", file=file).viscosity_pa_s.value == 50.0
    with pytest.raises(InputError, match="unknown cement 'mine'; known: low_viscosity"):
        cement_product("mine")


FIRST = BUILT_IN.split("\n[medium_viscosity]")[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("modulus_mpa = ", "stiffness_mpa = ",
         "'low_viscosity' in mine.toml: misses modulus_mpa; has stiffness_mpa, which is not known"),
        ("hu_120kv = ", "hu = ", "misses hu_120kv; has hu, which is not known$"),
        ('title = "low-viscosity', 'name = "low-viscosity', "misses title; has name"),
        ('title = "', 'colour = "blue"\ntitle = "', "has colour, which is not known"),
        ("value = 1.4,", 'value = "thick",', "density_g_per_ml.value: expected a valid .*'thick'"),
        ("modulus_mpa = {", "modulus_mpa = 3\nbulk_mpa = {", "has bulk_mpa, which is not known"),
        ("value = 1.4, low", "value = 1.1, low", "low <= value <= high; got 1.28 <= 1.1 <= 1.53$"),
        ('kinetics = "li"', 'kinetics = "lee"', "kinetics is expected to be one of borz.*'lee'"),
        ('= "low"', '= "runny"', "viscosity_class: expected 'low', 'medium' or 'high'"),
        ("working_end_s = { value = 570.0, low = 420.0,", "working_end_s = { value = 100.0,",
         "working_end_s is expected after waiting_s"),
        ("value = 0.5, low = 0.3, high = 0.7", "value = 2.5", "exponent is expected within 0.1"),
        ("[low_viscosity]", "[low_viscosity", "mine.toml is not TOML"),
    ],
)  # fmt: skip
def test_faults_name_file_product_and_key(old, new, said):
    assert old in FIRST
    with pytest.raises(FormatError, match=said) as caught:
        parse_products(FIRST.replace(old, new), "mine.toml")
    assert "mine.toml" in str(caught.value)


def test_all_missing_keys_are_named_at_once():
    with pytest.raises(FormatError, match=r"'mine' in m: misses title, .*kinetics, .*hu_120kv.*"):
        parse_products("[mine]\nradiopacifier = 'BaSO4'", "m")
    with pytest.raises(FormatError, match="'mine' in m: the whole is expected as a table; got 3"):
        parse_products("mine = 3", "m")
    number = FIRST.replace("modulus_mpa = {", "modulus_mpa = 3 #")
    with pytest.raises(FormatError, match="modulus_mpa is expected as a table; got 3"):
        parse_products(number, "m")


def test_file_that_cannot_be_used(tmp_path):
    file = tmp_path / "none.toml"
    with pytest.raises(FormatError, match=r"there is no file .*none\.toml$"):
        cement_product("mine", file=file)
    with pytest.raises(FormatError, match=r"is not a file$"):
        cement_product("mine", file=tmp_path)
    file.write_bytes(b"\xff\xfe[mine]")
    with pytest.raises(FormatError, match=r"is not a text file \(UTF-8\)$"):
        cement_product("mine", file=file)
    file.write_text("# nothing yet\n")
    with pytest.raises(FormatError, match=r"none\.toml holds no product; expected tables"):
        cement_product("mine", file=file)


def test_another_value():
    product = cement_product("low_viscosity")
    hot = product.with_value("heat_kj_per_kg", 150.0)
    assert hot.kinetics.heat_kj_per_kg == hot.heat_kj_per_kg.value == 150.0
    assert hot.heat_kj_per_kg.source == "given by the user"
    assert product.kinetics.heat_kj_per_kg == 100.0
    with pytest.raises(InputError, match="no value 'colour'"):
        product.with_value("colour", 1.0)
    with pytest.raises(InputError, match="heat_kj_per_kg is expected within 0 to 577; got 1"):
        product.with_value("heat_kj_per_kg", 1e5)
