"""CT and labels to the parts of each vertebra."""
