"""A process that writes into a registry, for tests: begun, raced and killed from outside.

python writer_process.py many DATABASE NAME NUMBER   waits for a line, writes, says "written N"
python writer_process.py one DATABASE PSEUDONYM      waits for a line, says "written" or why not
python writer_process.py kill                        reads lines "DATABASE FIRST"; each forks a
                                                     writer that says its number, "ready", and
                                                     each committed row until it is killed
"""

import os
import sys
import time
from datetime import date

from vertaug.case.errors import InputError
from vertaug.recovery.registry.audit_entry import Author
from vertaug.recovery.registry.connection import open_registry
from vertaug.recovery.registry.entry import Entry
from vertaug.recovery.registry.intake import IntakeRules, write_entries

TODAY = date(2026, 11, 30)


def visit_rows(pseudonym):
    """A patient with a procedure, a visit and two scores: five rows that belong together."""
    place = {"pseudonym": pseudonym, "procedure_no": 1}
    visit = place | {"kind": "7d"}
    scores = [
        visit | {"instrument": name, "score": name, "scale": "0-10", "value": 4}
        for name in ("nrs_rest", "nrs_move")
    ]
    return [
        Entry(table="patient", values={"pseudonym": pseudonym, "enrolled_on": "2026-01-01"}),
        Entry(
            table="procedure",
            values=place | {"done_on": "2026-01-10", "procedure": "vertebroplasty"},
        ),
        Entry(table="visit", values=visit | {"status": "done", "visited_on": "2026-01-17"}),
        *(Entry(table="score", values=one) for one in scores),
    ]


def say(words):
    os.write(1, f"{words}\n".encode())


def write_one(engine, pseudonym, name):
    write_entries(engine, visit_rows(pseudonym), Author(name=name), IntakeRules(today=TODAY))


def wait():
    say("ready")
    sys.stdin.readline()


def write_many(database, name, number):
    engine = open_registry(database)
    wait()
    for n in range(int(number)):
        write_one(engine, f"{name}-{n:04d}", name)
        time.sleep(0.002)  # the other finds its gap
    say(f"written {number}")


def write_same(database, pseudonym):
    engine = open_registry(database)
    wait()
    try:
        write_one(engine, pseudonym, str(os.getpid()))
        say("written")
    except InputError as error:
        say(str(error))


def write_until_killed(database, first):
    engine = open_registry(database)
    say("ready")
    n = first
    while True:
        write_one(engine, f"P-{n:06d}", "anna")
        say(n)
        n += 1


def fork_writers():
    for line in sys.stdin:
        database, first = line.split()
        # the child tells its own number before anything else, so that it can be killed
        child = os.fork()
        if child == 0:
            say(os.getpid())
            write_until_killed(database, int(first))
        _, status = os.waitpid(child, 0)
        say(f"end {os.WTERMSIG(status)}")


if __name__ == "__main__":
    {"many": write_many, "one": write_same, "kill": fork_writers}[sys.argv[1]](*sys.argv[2:])
