"""A leaflet for the patient: what to say, in which words, and how hard they are to read."""
