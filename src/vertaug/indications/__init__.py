"""Facts of the patient and what each source says of them: a panel, never one verdict."""
