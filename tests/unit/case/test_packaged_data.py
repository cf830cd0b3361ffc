from vertaug.case.packaged_data import read_packaged_text, read_packaged_toml


def test_tables_are_those_of_the_text_and_new_each_time():
    text = read_packaged_text("vertaug.fracture", "level_norms.toml")
    first = read_packaged_toml("vertaug.fracture", "level_norms")
    assert all(f"[{level}]" in text for level in first)
    first.clear()
    assert "L1" in read_packaged_toml("vertaug.fracture", "level_norms")
