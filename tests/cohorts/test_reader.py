"""Files as people send them: encodings, delimiters, quotes, and lines that nobody can read."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.importing import reader
from cohorts.importing.reader import Dialect, FileUnreadable


def _read(content: bytes) -> list[list[str]]:
    file = io.BytesIO(content)
    return [row.cells for row in reader.rows(file, reader.detect(file))]


def _problems(content: bytes) -> list[tuple[int, str]]:
    file = io.BytesIO(content)
    found = [row.problems for row in reader.rows(file, reader.detect(file))]
    return [(problem.line, problem.message) for problems in found for problem in problems]


_LINES = "email,name\r\nana@example.org,Añä\r\nli@example.org,李明\r\n"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
    ],
)
def test_the_encoding_is_found(encoding: str, expected: str) -> None:
    content = _LINES.encode(encoding)
    assert reader.detect(io.BytesIO(content)).encoding == expected
    assert _read(content) == [["ana@example.org", "Añä"], ["li@example.org", "李明"]]


def test_a_file_of_an_old_windows_is_read() -> None:
    content = "email;name\nana@example.org;Müller – “Ana” €\n".encode("cp1252")
    assert reader.detect(io.BytesIO(content)) == Dialect("cp1252", ";")
    assert _read(content) == [["ana@example.org", "Müller – “Ana” €"]]


def test_a_byte_that_is_no_letter_is_found_far_down_in_the_file() -> None:
    good = b"email,name\n" + b"a@example.org,Ana\n" * 10_000
    assert reader.detect(io.BytesIO(good + "b@example.org,Bé".encode())).encoding == "utf-8"
    assert reader.detect(io.BytesIO(good + "b@example.org,Bé".encode("latin-1"))).encoding == "cp1252"


@pytest.mark.parametrize("sign", reader.DELIMITERS)
def test_the_delimiter_is_found(sign: str) -> None:
    content = f'name{sign}email\n"Lim{sign} Mei"{sign}lim@example.org\nAli{sign}ali@example.org\n'
    assert _read(content.encode()) == [[f"Lim{sign} Mei", "lim@example.org"], ["Ali", "ali@example.org"]]


def test_a_delimiter_that_a_spreadsheet_announces_is_taken() -> None:
    content = b"sep=;\nemail;note\nana@example.org;a,b,c,d\n"
    assert _read(content) == [["ana@example.org", "a,b,c,d"]]
    file = io.BytesIO(content)
    assert reader.header(file, reader.detect(file)) == ["email", "note"]


def test_one_column_is_a_list_too() -> None:
    assert _read(b"email\nana@example.org\nli@example.org\n") == [["ana@example.org"], ["li@example.org"]]


def test_quotes_hold_delimiters_quotes_and_line_breaks() -> None:
    content = b'email,note\na@example.org,"one ""two"", three\nfour"\nb@example.org,say "hi"\n'
    assert _read(content) == [["a@example.org", 'one "two", three\nfour'], ["b@example.org", 'say "hi"']]


def test_an_open_quote_does_not_swallow_the_file() -> None:
    rest = b"".join(b"p%d@example.org,P\n" % number for number in range(100))
    content = b'email,name\nbad@example.org,"open\n' + rest
    file = io.BytesIO(content)
    rows = list(reader.rows(file, Dialect("utf-8", ",")))
    assert len(rows) == 101
    assert [(problem.line, problem.message) for problem in rows[0].problems] == [
        (2, "A quote is opened here and never closed. Close or remove it.")
    ]
    assert rows[1].cells == ["p0@example.org", "P"]
    assert rows[100].line == 102


def test_line_numbers_are_those_of_the_file() -> None:
    file = io.BytesIO(b'email,name\n\n"a\nb",x\r\n\r\nc,d\n')
    assert [row.line for row in reader.rows(file, Dialect("utf-8", ","))] == [3, 6]


def test_a_line_with_another_number_of_cells_says_so() -> None:
    assert _problems(b"email,name\na@example.org,Lim, Mei\nb@example.org,B\nc@example.org\n") == [
        (2, "3 cells; the first line has 2. Look for a missing or extra “,”."),
        (4, "1 cells; the first line has 2. Look for a missing or extra “,”."),
    ]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (b"A\x00na", "A cell contains a control character. Remove it."),
        (b"A\x1bna", "A cell contains a control character. Remove it."),
        (b"x" * 2_001, "A cell is longer than 2000 characters."),
        (b"x" * 131_073, "The line is longer than 64000 characters."),
        ("A\ufffdna".encode(), "A letter cannot be read. Save the file as “CSV UTF-8”."),
    ],
)
def test_a_cell_that_is_no_text_is_a_problem_of_its_line(cell: bytes, words: str) -> None:
    content = b"email,name\na@example.org,A\nb@example.org," + cell + b"\nc@example.org,C\n"
    assert _problems(content) == [(3, words)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n  \n",
        b"PK\x03\x04rest of a workbook",
        b"\x00" * 400,
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 9,
    ],
)
def test_what_is_no_list_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        reader.detect(io.BytesIO(content))


def test_two_columns_of_one_name_are_refused_with_their_places() -> None:
    file = io.BytesIO(b"email,name,E-mail,Email\n")
    with pytest.raises(FileUnreadable) as refused:
        reader.header(file, Dialect("utf-8", ","))
    assert refused.value.message == "Columns 1, 4 are all called “email”. Give each column a name of its own."


def test_a_column_without_a_name_is_called_by_its_place() -> None:
    assert reader.header(io.BytesIO(b"email,, name \n"), Dialect("utf-8", ",")) == [
        "email",
        "Column 2",
        "name",
    ]


@given(st.binary(max_size=2_000))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    file = io.BytesIO(content)
    try:
        dialect = reader.detect(file)
        names = reader.header(file, dialect)
    except FileUnreadable:
        return
    for row in reader.rows(file, dialect):
        assert row.problems or len(row.cells) == len(names)


_CELL = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffd\ufffe\uffff"), max_size=20
)


@given(
    st.lists(st.lists(_CELL, min_size=3, max_size=3), min_size=1, max_size=20),
    st.sampled_from(reader.DELIMITERS),
)
def test_what_is_written_by_the_rules_is_read_back(table: list[list[str]], sign: str) -> None:
    quoted = [sign.join('"' + cell.replace('"', '""') + '"' for cell in cells) for cells in table]
    content = "\n".join([f"a{sign}b{sign}c", *quoted]).encode()
    found = [row.cells for row in reader.rows(io.BytesIO(content), Dialect("utf-8", sign))]
    assert found == [cells for cells in table if any(cell.strip() for cell in cells)]
