"""Nothing of the clinic opens a connection: no telemetry, no look-up, no download."""

import socket

import pytest

FACTS = '[patient]\nage_y = 79\nweight_kg = 58\n[fx]\netiology = "osteoporotic"\n'


@pytest.fixture
def no_network(monkeypatch):
    """Refuse every way out; a refused one fails the command."""
    tried = []

    def refuse(*arguments, **_):
        tried.append(arguments)
        message = "a connection was tried"
        raise OSError(message)

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse, raising=True)
    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    return tried


@pytest.fixture
def facts(tmp_path):
    path = tmp_path / "facts.toml"
    path.write_text(FACTS, "utf-8")
    return path


def test_the_block_works(no_network):
    with pytest.raises(OSError, match="was tried"):
        socket.create_connection(("127.0.0.1", 9))
    with socket.socket() as plug, pytest.raises(OSError, match="was tried"):
        plug.connect(("127.0.0.1", 9))
    assert len(no_network) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("indications", "CASE", "--facts", "FACTS", "--no-save"),
        ("day", "CASE", "--facts", "FACTS", "-o", "OUT"),
        (
            "recovery", "CASE", "--facts", "FACTS", "--procedure-at", "2026-12-01T10:30",
            "--timezone", "Asia/Kolkata", "--phone", "0172 000", "-o", "OUT",
        ),
        ("leaflet", "CASE", "--facts", "FACTS", "-o", "OUT"),
        ("questionnaire", "rmdq24", "-o", "OUT.pdf"),
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_sheets_and_panel(run, case, facts, no_network, tmp_path, words):
    places = {"CASE": case, "FACTS": facts, "OUT": tmp_path / "out", "OUT.pdf": tmp_path / "o.pdf"}
    done = run(*(places.get(word, word) for word in words))
    assert done.code == 0, done.err
    assert no_network == []


def test_registry(run, no_network, tmp_path):
    database = tmp_path / "clinic.db"
    for words in (
        ("init", "--example", "20"),
        ("summary", "-o", tmp_path / "summary"),
        ("export", "--format", "fhir", "-o", tmp_path / "fhir.json"),
        ("verify",),
    ):
        done = run("registry", words[0], *words[1:], "--database", database)
        assert done.code == 0, done.err
    assert no_network == []
