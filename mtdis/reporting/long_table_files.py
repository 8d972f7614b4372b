"""Long tables on disk that need not fit in memory: written and joined in parts, as parquet and as
csv beside it.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mtdis.artifacts import files
from mtdis.errors import ArtifactError
from mtdis.reporting import long_table


def schema_of(head: pd.DataFrame) -> pa.Schema:
    """The columns and types of a frame as parquet has them."""
    return pa.Schema.from_pandas(head, preserve_index=False)


def write(path: Path, schema: pa.Schema, parts: Iterable[pd.DataFrame]) -> None:
    """Write the parts, which have the columns of the schema, one after the other: parquet, and a
    csv beside it.
    """
    table = path.with_suffix(".csv")
    with files.sealed_parquet(path) as parquet, files.atomic(table) as csv:
        pd.DataFrame(columns=schema.names).to_csv(csv, index=False, lineterminator="\n")
        with (
            pq.ParquetWriter(parquet, schema, write_page_checksum=True) as writer,
            csv.open("a", encoding="utf-8", newline="") as stream,
        ):
            for part in parts:
                writer.write_table(pa.Table.from_pandas(part, schema=schema, preserve_index=False))
                part.to_csv(stream, index=False, header=False, lineterminator="\n")


def write_nulls(path: Path, parts: Iterable[pd.DataFrame]) -> None:
    """Write the draws of calibrations, one part after the other, as parquet alone."""
    types = dict.fromkeys(long_table.INTEGERS, pa.int64()) | {"value": pa.float64()}
    schema = pa.schema([(c, types.get(c, pa.string())) for c in long_table.NULL_COLUMNS])
    with (
        files.sealed_parquet(path) as parquet,
        pq.ParquetWriter(parquet, schema, write_page_checksum=True) as writer,
    ):
        for part in parts:
            writer.write_table(pa.Table.from_pandas(part, schema=schema, preserve_index=False))


def join(path: Path, tables: Sequence[Path]) -> None:
    """Write each row of the long tables of experiments once, with the names of all experiments that
    want it.
    """
    columns = [*long_table.OWNER, "experiment"]
    # of each table its runs and stages, each once, and its experiment
    owners = (
        pd.concat([part[columns].drop_duplicates() for part in parts(table, columns)])
        for table in tables
    )
    wanted = long_table.wanted_by(owners)
    schema = joined_schema([_schema(table) for table in tables])
    write(path, schema, _joined(tables, wanted, schema))


def joined_schema(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """The columns of all tables; whole numbers that a table lacks become floating ones, as pandas
    has them.
    """
    schema = pa.unify_schemas(schemas, promote_options="permissive")
    for place, field in enumerate(schema):
        lacking = any(field.name not in one.names for one in schemas)
        if lacking and pa.types.is_integer(field.type) and field.name not in long_table.INTEGERS:
            schema = schema.set(place, field.with_type(pa.float64()))
    return schema


def _joined(
    tables: Sequence[Path], wanted: long_table.Owners, schema: pa.Schema
) -> Iterator[pd.DataFrame]:
    for place, table in enumerate(tables):
        for part in parts(table):
            if len(kept := long_table.first_owned(part, wanted, place)):
                alike = kept.reindex(columns=schema.names)
                yield pa.Table.from_pandas(alike, schema=schema, preserve_index=False).to_pandas()


def parts(path: Path, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
    """The parts in which a parquet file was written, one after the other.

    ArtifactError if the file is missing or damaged.
    """
    files.verify_parquet(path)
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for place in range(file.num_row_groups):
                yield file.read_row_group(place, columns).to_pandas()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _schema(path: Path) -> pa.Schema:
    files.verify_parquet(path)
    try:
        return pq.read_schema(path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> ArtifactError:
    return ArtifactError(
        f"can't read {path}: {error}. Delete it and run snakemake to make it again."
    )
