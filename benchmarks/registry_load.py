"""Load and summarise a registry: 20 000 patients with 7 visits each, on SQLite.

    python benchmarks/registry_load.py [--patients 20000] [--repeats 3] [-o OUT.json]

All seven visits of all patients are made, none is missed, with three scores each: 20 000 x 7 visits
and 420 000 scores, and procedures, levels, images and the rest. Rows come as text from CSV files,
as a user has them; loading checks every row, writes it and its entry in the audit log. A summary
is timed in a new process from the first import to the last number, and again with everything in
memory. Seconds are medians; the load of the machine stands beside them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path

TODAY = date(2026, 11, 30)
SUMMARY = """
import json, sys, time
start = time.perf_counter()
from datetime import date
from vertaug.recovery.registry.connection import open_registry
from vertaug.recovery.registry.summary import summarise
engine = open_registry(sys.argv[1])
summary = summarise(engine, date(2026, 11, 30))
first = time.perf_counter() - start
start = time.perf_counter()
summarise(engine, date(2026, 11, 30))
print(json.dumps({"first_s": first, "again_s": time.perf_counter() - start,
                  "processor_s": time.process_time(),
                  "visits_done": sum(v.done for v in summary.visits)}))
"""


def write_files(folder, patients):
    """Write the cohort as the CSV files that an export has."""
    import csv

    from vertaug.recovery.registry import example_cohort
    from vertaug.recovery.registry.definition import read_definitions
    from vertaug.recovery.registry.visit_kind import visit_days

    def all_seen(patient, _last):
        days = {visit.kind: visit for visit in visit_days(patient.done_on)}
        for n, kind in enumerate(example_cohort.EXAMPLE_KINDS):
            if kind != "2h":
                yield n, kind, days[kind].last if kind != "baseline" else days[kind].first

    draw = example_cohort._draw

    def draw_early(number, seed, last):
        from dataclasses import replace
        from datetime import timedelta

        # long enough ago that all visits have been made, and nobody died
        patient = draw(number, seed, last)
        return replace(patient, done_on=patient.done_on - timedelta(days=400), died_on=None)

    example_cohort._seen, example_cohort._draw = all_seen, draw_early
    streams, writers = {}, {}
    for entry in example_cohort.make_cohort(patients, 1, TODAY):
        table = read_definitions()[entry.table]
        if entry.table not in streams:
            streams[entry.table] = (folder / f"{entry.table}.csv").open("w", newline="")
            writers[entry.table] = csv.writer(streams[entry.table])
            writers[entry.table].writerow(table.columns)
        cells = [f.write(f.take(entry.values.get(f.name))) for f in table.fields]
        writers[entry.table].writerow(cells)
    for stream in streams.values():
        stream.close()


def load(folder, database):
    """Import the files into a new registry; return seconds and rows."""
    from vertaug.recovery.registry.audit_entry import Author
    from vertaug.recovery.registry.csv_table import find_tables, read_tables
    from vertaug.recovery.registry.intake import IntakeRules, take_rows
    from vertaug.recovery.registry.schema_version import create_registry

    engine = create_registry(database, Author(name="benchmark"))
    files = find_tables([folder])
    start, busy = time.perf_counter(), time.process_time()
    report = take_rows(
        engine, read_tables(files), Author(name="benchmark"), IntakeRules(today=TODAY), set(files)
    )
    seconds, processor = time.perf_counter() - start, time.process_time() - busy
    assert report.written, report.faults[:3]
    return seconds, processor, report.rows


def verify(database):
    """Check the audit log of all rows."""
    from vertaug.recovery.registry.audit_check import verify_audit
    from vertaug.recovery.registry.connection import open_registry

    start = time.perf_counter()
    report = verify_audit(open_registry(database))
    assert report.holds
    return time.perf_counter() - start, asdict(report.head)["entries"]


def summarise(database):
    """Summarise in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", SUMMARY, database], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("-o", "--out", type=Path)
    options = parser.parse_args()
    loads, processor, summaries, rows = [], [], [], {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "csv"
        folder.mkdir()
        write_files(folder, options.patients)
        for repeat in range(options.repeats):
            database = str(Path(place) / f"registry{repeat}.sqlite")
            seconds, busy, rows = load(folder, database)
            loads.append(seconds)
            processor.append(busy)
            print(f"load {seconds:.1f} s, {busy:.1f} s of a processor", file=sys.stderr)
            summaries.append(summarise(database))
            print(f"summary {summaries[-1]}", file=sys.stderr)
            if repeat < options.repeats - 1:
                Path(database).unlink()
        verify_s, entries = verify(database)
        size = Path(database).stat().st_size
    found = {
        "machine": f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} (5 minutes)",
        "patients": options.patients,
        "rows": rows,
        "load_s": round(statistics.median(loads), 2),
        "load_processor_s": round(statistics.median(processor), 2),
        "summary_first_s": round(statistics.median(s["first_s"] for s in summaries), 2),
        "summary_again_s": round(statistics.median(s["again_s"] for s in summaries), 2),
        "audit_entries": entries,
        "verify_s": round(verify_s, 2),
        "size_mb": round(size / 1e6, 1),
        "limits": {"load_s": 60.0, "summary_first_s": 3.0},
    }
    text = json.dumps(found, indent=1) + "\n"
    if options.out is not None:
        options.out.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
