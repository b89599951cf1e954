from collections.abc import Callable
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from upright.measures.tally import quietly


@pytest.fixture(scope="session")
def connection() -> Any:
    return ibis.duckdb.connect(autoinstall_known_extensions=False, autoload_known_extensions=False)


@pytest.fixture
def as_table(connection: Any, tmp_path: Any) -> Callable[..., Any]:
    """Columns by name to an Ibis table, by way of a Parquet file."""
    made = []

    def make(**columns: Any) -> Any:
        path = tmp_path / f"{len(made)}.parquet"
        made.append(path)
        pq.write_table(pa.table({name: pa.array(values) for name, values in columns.items()}), path)
        with quietly():
            return connection.read_parquet(str(path))

    return make
