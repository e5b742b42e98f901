"""The schema, as steps that were each applied once. A released step is never edited: add the next one.

The tables are public (docs/file-formats.md): open the file with any SQLite tool. NULL means unknown.
"""

from functools import cache
from typing import TYPE_CHECKING

from description_store.reading import Reader

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

# Rows of these tables are never changed, removed or replaced (triggers in database.py), each with the keys by
# which INSERT OR REPLACE could replace a row.
IMMUTABLE_TABLES: dict[str, tuple[tuple[str, ...], ...]] = {
    "answers": (("id",), ("key", "generation")),
    "attempts": (("id",),),
    "class_sets": (("hash",),),
    "description_parses": (("version", "position", "source"),),
    "description_sets": (("version",), ("hash",)),
    "descriptions": (("version", "position"), ("version", "class_name")),
    "experiment_cells": (("experiment", "position"), ("experiment", "spec_hash")),
    "experiments": (("id",), ("name",)),
    "key_aliases": (("asked_key", "key"),),
    "parses": (("id",), ("answer_id", "parser_version")),
    "predictions": (("run_id", "position"),),
    "prompts": (("hash",),),
    "runs": (("id",),),
    "set_notes": (("id",),),
}

# Rows that `dfer cache prune` may remove as long as this is not true of them (OLD is the row).
REMOVABLE_UNLESS: dict[str, str] = {
    "answers": "EXISTS (SELECT 1 FROM parses JOIN description_parses ON parse_id = parses.id"
    " WHERE answer_id = OLD.id)",
    "attempts": "FALSE",
    "key_aliases": "EXISTS (SELECT 1 FROM answers WHERE key = OLD.key)",
    "parses": "EXISTS (SELECT 1 FROM description_parses WHERE parse_id = OLD.id)",
}


_NAME = "dfer"
_TABLE = "_sqlite_migrations"  # sqlite_utils' own


def known_migrations() -> set[str]:
    return {step.__name__ for step in _STEPS}


def applied_migrations(db: Reader) -> set[str] | None:
    """Those that made this store; None where it has no table of migrations, being new or another's."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [_TABLE]).fetchone():
        return None
    return {name for (name,) in db.execute(f"SELECT name FROM {_TABLE} WHERE migration_set = ?", [_NAME])}


def apply_migrations(db: "Database") -> None:
    """Those that this store lacks, in order."""
    _migrations().apply(db)


@cache
def _migrations() -> "Migrations":
    from sqlite_utils import Migrations

    migrations = Migrations(_NAME)
    for step in _STEPS:
        migrations()(step)
    return migrations


def m001_initial(db: "Database") -> None:
    _execute_all(db, _INITIAL)


def m002_samples_and_adapted_requests(db: "Database") -> None:
    """A description may come from several answers; an answer may have been got by an adapted request."""
    _execute_all(db, _SAMPLES_AND_ADAPTED_REQUESTS)


def m003_rendering_notes_and_tags(db: "Database") -> None:
    """A set says how its descriptors become text (NULL: one comma list); notes and tags may come later."""
    _execute_all(db, _RENDERING_NOTES_AND_TAGS)


def m004_metrics_and_imported_runs(db: "Database") -> None:
    """A run has further metrics, or none because its weights were imported.

    SQLite cannot change a CHECK, so the table is made again, under its own name: predictions refer to it, and
    what refers to a table follows it to another name. Until the rows are back, predictions lack their runs.
    """
    db.execute("PRAGMA defer_foreign_keys = ON")
    _execute_all(db, _METRICS_AND_IMPORTED_RUNS)


def m005_experiments(db: "Database") -> None:
    """A named grid of runs. What became of its cells, the runs say."""
    _execute_all(db, _EXPERIMENTS)


_STEPS = (
    m001_initial,
    m002_samples_and_adapted_requests,
    m003_rendering_notes_and_tags,
    m004_metrics_and_imported_runs,
    m005_experiments,
)


def _execute_all(db: "Database", statements: str) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            db.execute(statement)


_INITIAL = """
CREATE TABLE class_sets (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    content TEXT NOT NULL CHECK (json_valid(content))
) STRICT;

CREATE TABLE prompts (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE answers (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    generation INTEGER NOT NULL,
    model TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    identity TEXT NOT NULL CHECK (json_valid(identity)),
    text TEXT NOT NULL,
    raw TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    finish_reason TEXT,
    resolved_model TEXT,
    system_fingerprint TEXT,
    request_id TEXT,
    input_tokens INTEGER,
    output_tokens INTEGER,
    seconds REAL,
    created_at TEXT NOT NULL,
    UNIQUE (key, generation)
) STRICT;

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    model TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    outcome TEXT NOT NULL,
    http_status INTEGER,
    error_code TEXT,
    message TEXT NOT NULL,
    body TEXT,
    seconds REAL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_by_key ON attempts (key);

CREATE TABLE parses (
    id INTEGER PRIMARY KEY,
    answer_id INTEGER NOT NULL REFERENCES answers (id),
    parser_version TEXT NOT NULL,
    descriptors TEXT NOT NULL CHECK (json_valid(descriptors)),
    ignored TEXT NOT NULL CHECK (json_valid(ignored)),
    warnings TEXT NOT NULL CHECK (json_valid(warnings)),
    created_at TEXT NOT NULL,
    UNIQUE (answer_id, parser_version)
) STRICT;

CREATE TABLE description_sets (
    version INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    class_set TEXT NOT NULL,
    class_set_hash TEXT NOT NULL REFERENCES class_sets (hash),
    kind TEXT NOT NULL,
    model TEXT,
    prompt_hash TEXT REFERENCES prompts (hash),
    parent INTEGER REFERENCES description_sets (version),
    provenance TEXT NOT NULL CHECK (json_valid(provenance)),
    context_tokens INTEGER NOT NULL,
    note TEXT NOT NULL,
    dfer_version TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE descriptions (
    version INTEGER NOT NULL REFERENCES description_sets (version),
    position INTEGER NOT NULL,
    class_name TEXT NOT NULL,
    descriptors TEXT NOT NULL CHECK (json_valid(descriptors)),
    text TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    dropped TEXT NOT NULL CHECK (json_valid(dropped)),
    warnings TEXT NOT NULL CHECK (json_valid(warnings)),
    parse_id INTEGER REFERENCES parses (id),
    PRIMARY KEY (version, position),
    UNIQUE (version, class_name)
) STRICT;

CREATE TABLE set_aliases (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL REFERENCES description_sets (version),
    moved_at TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('finished', 'failed')),
    spec_hash TEXT NOT NULL,
    protocol_hash TEXT NOT NULL,
    set_version INTEGER NOT NULL REFERENCES description_sets (version),
    set_hash TEXT NOT NULL,
    recipe TEXT NOT NULL,
    dataset TEXT NOT NULL,
    fold INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    selection TEXT NOT NULL,
    specification TEXT NOT NULL CHECK (json_valid(specification)),
    uar REAL,
    war REAL,
    per_class TEXT NOT NULL CHECK (json_valid(per_class)),
    confusion TEXT NOT NULL CHECK (json_valid(confusion)),
    history TEXT NOT NULL CHECK (json_valid(history)),
    environment TEXT NOT NULL CHECK (json_valid(environment)),
    folder TEXT,
    error TEXT NOT NULL,
    seconds REAL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_spec ON runs (spec_hash);
CREATE INDEX runs_by_set ON runs (set_version);

CREATE TABLE predictions (
    run_id INTEGER NOT NULL REFERENCES runs (id),
    position INTEGER NOT NULL,
    clip TEXT NOT NULL,
    label TEXT NOT NULL,
    predicted TEXT NOT NULL,
    scores TEXT NOT NULL CHECK (json_valid(scores)),
    PRIMARY KEY (run_id, position)
) STRICT;
"""

_SAMPLES_AND_ADAPTED_REQUESTS = """
CREATE TABLE description_parses (
    version INTEGER NOT NULL REFERENCES description_sets (version),
    position INTEGER NOT NULL,
    source INTEGER NOT NULL,
    parse_id INTEGER NOT NULL REFERENCES parses (id),
    PRIMARY KEY (version, position, source)
) STRICT;
CREATE INDEX description_parses_by_parse ON description_parses (parse_id);

INSERT INTO description_parses
SELECT version, position, 0, parse_id FROM descriptions WHERE parse_id IS NOT NULL;

CREATE TABLE descriptions_without_parse (
    version INTEGER NOT NULL REFERENCES description_sets (version),
    position INTEGER NOT NULL,
    class_name TEXT NOT NULL,
    descriptors TEXT NOT NULL CHECK (json_valid(descriptors)),
    text TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    dropped TEXT NOT NULL CHECK (json_valid(dropped)),
    warnings TEXT NOT NULL CHECK (json_valid(warnings)),
    PRIMARY KEY (version, position),
    UNIQUE (version, class_name)
) STRICT;

INSERT INTO descriptions_without_parse
SELECT version, position, class_name, descriptors, text, tokens, dropped, warnings FROM descriptions;

DROP TABLE descriptions;

ALTER TABLE descriptions_without_parse RENAME TO descriptions;

CREATE TABLE key_aliases (
    asked_key TEXT NOT NULL,
    key TEXT NOT NULL,
    dropped TEXT NOT NULL CHECK (json_valid(dropped)),
    other_api INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (asked_key, key)
) STRICT;

CREATE TABLE claims (
    key TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    renewed_at REAL NOT NULL
) STRICT;
"""

_RENDERING_NOTES_AND_TAGS = """
ALTER TABLE description_sets ADD COLUMN rendering TEXT CHECK (rendering IS NULL OR json_valid(rendering));

CREATE INDEX sets_by_parent ON description_sets (parent);

CREATE INDEX aliases_by_set ON set_aliases (version);

CREATE TABLE set_notes (
    id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL REFERENCES description_sets (version),
    note TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX notes_by_set ON set_notes (version);

CREATE TABLE set_tags (
    version INTEGER NOT NULL REFERENCES description_sets (version),
    tag TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (version, tag)
) STRICT;
"""

_METRICS_AND_IMPORTED_RUNS = """
CREATE TABLE runs_before AS SELECT * FROM runs;

DROP TABLE runs;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('finished', 'failed', 'imported')),
    spec_hash TEXT NOT NULL,
    protocol_hash TEXT NOT NULL,
    set_version INTEGER NOT NULL REFERENCES description_sets (version),
    set_hash TEXT NOT NULL,
    recipe TEXT NOT NULL,
    dataset TEXT NOT NULL,
    fold INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    selection TEXT NOT NULL,
    specification TEXT NOT NULL CHECK (json_valid(specification)),
    uar REAL,
    war REAL,
    metrics TEXT NOT NULL CHECK (json_valid(metrics)),
    per_class TEXT NOT NULL CHECK (json_valid(per_class)),
    confusion TEXT NOT NULL CHECK (json_valid(confusion)),
    history TEXT NOT NULL CHECK (json_valid(history)),
    environment TEXT NOT NULL CHECK (json_valid(environment)),
    folder TEXT,
    error TEXT NOT NULL,
    seconds REAL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_spec ON runs (spec_hash);
CREATE INDEX runs_by_set ON runs (set_version);

INSERT INTO runs
SELECT id, status, spec_hash, protocol_hash, set_version, set_hash, recipe, dataset, fold, seed, selection,
    specification, uar, war, '{}', per_class, confusion, history, environment, folder, error, seconds,
    created_at
FROM runs_before;

DROP TABLE runs_before;
"""

_EXPERIMENTS = """
CREATE TABLE experiments (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    grid TEXT NOT NULL CHECK (json_valid(grid)),
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE experiment_cells (
    experiment INTEGER NOT NULL REFERENCES experiments (id),
    position INTEGER NOT NULL,
    spec_hash TEXT NOT NULL,
    set_version INTEGER NOT NULL REFERENCES description_sets (version),
    recipe TEXT NOT NULL,
    fold INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    varied TEXT NOT NULL CHECK (json_valid(varied)),
    PRIMARY KEY (experiment, position),
    UNIQUE (experiment, spec_hash)
) STRICT;
CREATE INDEX cells_by_spec ON experiment_cells (spec_hash);
"""
