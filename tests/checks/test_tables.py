"""Reading tables: every format, nothing guessed in silence, nothing fetched."""

import dataclasses
import gzip
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from upright.checks.contract import Columns, People, TableSource
from upright.checks.tables import TableError, Tables, without_folders
from upright.kernel import Ref
from upright.measures.tally import collect, quietly

ROWS = [(1, "anna", 0.5), (2, "bo, b", None), (3, 'ce "c"', 1.5)]
COLUMNS = {"id": pa.array([1, 2, 3]), "name": [name for _, name, _ in ROWS], "score": [0.5, None, 1.5]}
CSV = 'id,name,score\n1,anna,0.5\n2,"bo, b",\n3,"ce ""c""",1.5\n'


def source(path: Path | str, **more: Any) -> TableSource:
    about = {"ref": Ref("dataset", "s/t"), "path": path, "digest": "1" * 64, "hold": "bytes"}
    return TableSource(**about | more)


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    found = Tables(tmp_path / "scratch")
    yield found
    found.close()


def rows(tables: Tables, given: TableSource) -> list[tuple[Any, ...]]:
    return sorted(collect(tables.open(given)))


def write(path: Path) -> Path:
    name = path.name.lower()
    if name.endswith(".csv.gz"):
        path.write_bytes(gzip.compress(CSV.encode()))
    elif name.endswith(".csv"):
        path.write_text(CSV)
    elif name.endswith(".jsonl"):
        lines = [json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in ROWS]
        path.write_text("\n".join(lines) + "\n")
    elif name.endswith(".parquet"):
        pq.write_table(pa.table(COLUMNS), path)
    else:
        table = pa.table(COLUMNS)
        new = pa.ipc.new_stream if name.startswith("stream") else pa.ipc.new_file
        with pa.OSFile(str(path), "wb") as sink, new(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    return path


@pytest.mark.parametrize(
    "name", ["t.csv", "t.csv.gz", "t.jsonl", "t.parquet", "t.arrow", "stream.arrow", "T.CSV", "a [1] b*.csv"]
)
def test_every_format_gives_the_same_rows(tables: Tables, tmp_path: Path, name: str) -> None:
    assert rows(tables, source(write(tmp_path / name))) == ROWS


def test_a_glob_reads_all_its_files_and_the_same_source_is_opened_once(tables: Tables, tmp_path: Path) -> None:
    for name in ("1.parquet", "2.parquet"):
        write(tmp_path / name)
    given = source(str(tmp_path / "*.parquet"))
    assert rows(tables, given) == sorted(ROWS * 2)
    assert tables.open(given) is tables.open(given)


def test_a_url_names_its_table(tables: Tables, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as shop:
        shop.execute("create table orders as select 1 as id, 'anna' as name")
    url = f"duckdb://{tmp_path}/shop.duckdb?read_only=True"
    assert rows(tables, source(f"{url}&table=orders")) == [(1, "anna")]
    with pytest.raises(TableError, match="UP-TABLE-06"):
        tables.open(source(url))
    with pytest.raises(TableError, match=r"'none' cannot be opened .*UP-TABLE-09"):
        tables.open(source(f"{url}&table=none"))
    with pytest.raises(duckdb.Error, match="read-only"):
        tables.open(source(f"{url}&table=orders")).get_backend().raw_sql("drop table orders")


def test_a_url_that_cannot_be_reached_repeats_no_password(tables: Tables) -> None:
    # Where the driver is installed (the server brings one), the address is tried and does not answer.
    for scheme, code in (("postgres", r"127\.0\.0\.1:9|UP-TABLE-11"), ("nosuch", "UP-TABLE-09")):
        with pytest.raises(TableError, match=code) as caught:
            tables.open(source(f"{scheme}://anna:sesame@127.0.0.1:9/shop?table=orders"))
        assert "sesame" not in str(caught.value)


def test_extensions_are_neither_installed_nor_loaded_by_themselves(tables: Tables, tmp_path: Path) -> None:
    tables.open(source(write(tmp_path / "t.csv")))
    connection = tables._connection()
    names = ("autoinstall_known_extensions", "autoload_known_extensions", "allow_community_extensions")
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as shop:
        shop.execute("create table orders as select 1 as id")
    other = tables.open(source(f"duckdb://{tmp_path}/shop.duckdb?table=orders")).get_backend()
    for one in (connection, other):
        for name in names:
            assert one.raw_sql(f"select current_setting('{name}')").fetchone() == (False,)
    for asks in ("select * from read_parquet('https://127.0.0.1:9/t.parquet')", "install httpfs from community"):
        with pytest.raises(duckdb.Error):
            connection.raw_sql(asks)


def test_a_sqlite_file_that_would_need_an_extension_fetches_none(tables: Tables, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute("create table orders (id integer)")
    with quietly(), pytest.raises(duckdb.Error):
        tables._connection().raw_sql(f"attach '{tmp_path / 'shop.db'}' as other (type sqlite)")


@pytest.mark.parametrize(
    ("name", "data", "words", "code"),
    [
        ("t.csv", b"id;name\n1;anna\n", "separated by semicolons; expected commas", "UP-TABLE-03"),
        ("t.csv", b"id\tname\n1\tanna\n", "separated by tabs", "UP-TABLE-03"),
        ("t.csv", b"id|name\n1|anna\n", "separated by bars", "UP-TABLE-03"),
        ("t.csv", "id,name\n1,J\xfcrgen\n".encode("latin-1"), "not UTF-8.*iconv -f LATIN1 -t UTF-8", "UP-TABLE-04"),
        ("t.csv", b"id,name\n1,anna\n2\n", "row 3 of t.csv has 1 fields, the headings are 2", "UP-TABLE-04"),
        ("t.csv", b'id,name\n1,"anna\n', "unexpected end of data", "UP-TABLE-04"),
        (
            "t.csv",
            b"Report of May\nid,name\n1,anna\n",
            "row 2 of t.csv has 2 fields, the headings are 1",
            "UP-TABLE-04",
        ),
        ("t.csv", "id,name\n1,anna\n".encode("utf-16"), "not UTF-8", "UP-TABLE-04"),
        ("t.csv", b"id,name,id\n1,anna,2\n", "two columns called 'id'", "UP-TABLE-04"),
        ("t.csv", b"", "t.csv is empty", "UP-TABLE-04"),
        ("t.csv.gz", gzip.compress(b"", mtime=0), "t.csv.gz is empty", "UP-TABLE-04"),
        ("t.csv.gz", b"id,name\n1,anna\n", "cannot be read as a table", "UP-TABLE-04"),
        ("t.parquet", b"", "cannot be read as a table", "UP-TABLE-04"),
        ("t.parquet", b"PAR1\x00\x00PAR1", "cannot be read as a table", "UP-TABLE-04"),
        ("t.arrow", b"ARROW1", "cannot be read as a table", "UP-TABLE-04"),
        ("t.arrow", b"", "cannot be read as a table", "UP-TABLE-04"),
        ("t.jsonl", b'{"a": 1}\n{"a"', "cannot be read as a table", "UP-TABLE-04"),
        ("t.jsonl", b"[1, 2]\n3\n", "cannot be read as a table|no column", "UP-TABLE-0"),
        ("t.txt", b"id,name\n", "expected one of .csv, .csv.gz, .jsonl, .parquet, .arrow", "UP-TABLE-02"),
        ("table", b"id,name\n", "expected one of", "UP-TABLE-02"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_not_what_its_name_says_gets_its_own_clear_answer(
    tables: Tables, tmp_path: Path, name: str, data: bytes, words: str, code: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(TableError, match=rf"(?s)dataset:s/t.*({words}).*{code}") as caught:
        tables.open(source(tmp_path / name, columns=Columns(label="id")))
    assert str(tmp_path) not in str(caught.value)


def test_a_truncated_file_of_each_format_is_refused(tables: Tables, tmp_path: Path) -> None:
    for name in ("t.parquet", "t.arrow", "t.csv.gz"):
        path = write(tmp_path / name)
        path.write_bytes(path.read_bytes()[:-40])
        with pytest.raises(TableError, match="UP-TABLE-04"):
            collect(tables.open(source(path)))


def test_a_latin_1_text_is_told_with_its_line_even_far_down(tables: Tables, tmp_path: Path) -> None:
    lines = ["id,name", *(f"{at},anna" for at in range(30_000)), "9,J\xfcrgen"]
    (tmp_path / "t.csv").write_bytes("\n".join(lines).encode("latin-1"))
    with pytest.raises(TableError, match=r"not UTF-8 \(line 30002\).*UP-TABLE-04"):
        collect(tables.open(source(tmp_path / "t.csv")))


def test_a_column_that_is_absent_is_named_with_the_nearest(tables: Tables, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv")
    with pytest.raises(
        TableError, match=r"no column 'scor'; it has id, name, score. Did you mean 'score'.*UP-TABLE-05"
    ):
        tables.open(source(path, columns=Columns(score="scor")))
    with pytest.raises(TableError, match=r"no column 'gender'.*Correct the name in the manifest.*UP-TABLE-05"):
        tables.open(source(path, protected=("gender",)))


def test_a_path_that_is_no_file_says_so(tables: Tables, tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", str(tmp_path / "none-*.csv")):
        with pytest.raises(TableError, match=r"there is no such file.*UP-TABLE-01"):
            tables.open(source(path))
    with pytest.raises(TableError, match=r"is a folder.*UP-TABLE-01"):
        tables.open(source(tmp_path))


def test_files_of_a_glob_must_be_alike(tables: Tables, tmp_path: Path) -> None:
    write(tmp_path / "1.parquet")
    pq.write_table(pa.table({"id": ["1"], "name": ["anna"], "score": [0.5]}), tmp_path / "2.parquet")
    with pytest.raises(TableError, match=r"2.parquet has other columns or types than 1.parquet.*UP-TABLE-04"):
        tables.open(source(str(tmp_path / "*.parquet")))
    write(tmp_path / "3.csv")
    with pytest.raises(TableError, match=r"found .csv, .parquet.*UP-TABLE-02"):
        tables.open(source(str(tmp_path / "*.*")))


def test_csv_files_of_a_glob_with_other_columns_are_refused(tables: Tables, tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("id,name\n1,anna\n")
    (tmp_path / "2.csv").write_text("name,id\nbo,2\n")
    with pytest.raises(TableError, match=r"UP-TABLE-04"):
        collect(tables.open(source(str(tmp_path / "*.csv"))))


def test_a_type_is_read_from_all_rows_not_from_the_first_ones(tables: Tables, tmp_path: Path) -> None:
    lines = ["code", *("7" for _ in range(50_000)), "7a"]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    table = tables.open(source(tmp_path / "t.csv"))
    assert table["code"].type().is_string()
    assert len(collect(table)) == 50_001


def test_a_line_that_looks_like_a_remark_and_a_date_that_could_be_two_days_are_kept_as_they_are(
    tables: Tables, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("code,day,iso\n#1,01/02/2024,2024-02-01\n#2,02/01/2024,2024-01-02\n")
    table = tables.open(source(tmp_path / "t.csv"))
    assert [(row[0], row[1]) for row in collect(table)] == [("#1", "01/02/2024"), ("#2", "02/01/2024")]
    assert table["iso"].type().is_date()


def test_a_byte_order_mark_is_no_part_of_the_first_column(tables: Tables, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfid,name\r\n1,anna\r\n")
    assert collect(tables.open(source(tmp_path / "t.csv", columns=Columns(label="id")))) == [(1, "anna")]


def test_a_csv_with_headings_alone_is_a_table_of_no_rows(tables: Tables, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,name\n")
    assert collect(tables.open(source(tmp_path / "t.csv"))) == []


def people(path: Path, *columns: str) -> People:
    return People(path=path, digest="2" * 64, hold="bytes", on="id", columns=columns)


def test_people_are_joined_without_dropping_or_doubling_a_row(tables: Tables, tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet")
    pq.write_table(pa.table({"id": [1, 3, 9], "sex": ["F", "M", "F"], "town": ["x"] * 3}), tmp_path / "people.parquet")
    given = source(path, people=people(tmp_path / "people.parquet", "sex"), protected=("sex",))
    table = tables.open(given)
    assert table.columns == ("id", "name", "score", "sex")
    assert [row[3] for row in sorted(collect(table), key=lambda row: row[0])] == ["F", None, "M"]


def test_people_that_cannot_be_joined_are_refused(tables: Tables, tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet")
    other = tmp_path / "people.parquet"
    pq.write_table(pa.table({"id": [1, 1, 2], "sex": ["F", "M", "F"], "score": [1, 2, 3]}), other)
    with pytest.raises(TableError, match=r"1 more rows than values of 'id'.*UP-TABLE-08"):
        tables.open(source(path, people=people(other, "sex")))
    with pytest.raises(TableError, match=r"'score' is in the table and in the people table.*UP-TABLE-07"):
        tables.open(source(path, people=people(other, "score")))
    with pytest.raises(TableError, match=r"people has no column 'gender'.*UP-TABLE-05"):
        tables.open(source(path, people=people(other, "gender")))
    keyless = dataclasses.replace(people(other, "sex"), on="key")
    with pytest.raises(TableError, match=r"no column 'key'.*UP-TABLE-05"):
        tables.open(source(path, people=keyless))
    pq.write_table(pa.table({"id": [[1], [2]], "sex": ["F", "M"]}), tmp_path / "lists.parquet")
    with pytest.raises(TableError, match=r"UP-TABLE-10"):
        tables.open(source(path, people=people(tmp_path / "lists.parquet", "sex")))


def test_folders_of_this_machine_are_left_out_of_what_is_said() -> None:
    assert without_folders("cannot open /srv/data/a.csv: no") == "cannot open a.csv: no"
    assert without_folders("see https://host/a/b and a/b and 1/2") == "see https://host/a/b and a/b and 1/2"


def test_nan_in_parquet_is_counted_although_the_files_statistics_leave_it_out(tables: Tables, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [float("nan")] * 20 + [30.0 + at % 9 for at in range(980)]}), tmp_path / "t.parquet")
    table = tables.open(source(tmp_path / "t.parquet"))
    assert collect(table.aggregate(n=table["a"].isnan().cast("int64").sum())) == [(20,)]
    assert len(collect(table.filter(table["a"].isnan()))) == 20
    assert len(collect(table.filter(table["a"] > 99))) == 20  # DuckDB orders NaN last
