"""Tables as spreadsheets save them."""

import pytest

from models.text.csv_rows import read_csv, with_decimal_points

ROWS = [{"u": "1.5", "v": "2", "name": "a, b; c"}, {"u": "3", "v": "4", "name": ""}]


@pytest.mark.parametrize(
    "text",
    [
        'u,v,name\n1.5,2,"a, b; c"\n3,4,\n',
        'u;v;name\n1.5;2;"a, b; c"\n3;4;\n',
        "u\tv\tname\n1.5\t2\ta, b; c\n3\t4\n",
        'sep=;\nu;v;name\n1.5;2;"a, b; c"\n3;4;\n',
        '"sep=;"\nu;v;name\n1.5;2;"a, b; c"\n3;4;\n',
        '\n u ; v;name\n1.5; 2;"a, b; c"\n;;\n3;4;;;\n\n',
        '"u";"v";"name"\n"1.5";"2";"a, b; c"\n"3";"4";""',
    ],
    ids=["comma", "semicolon", "tab", "sep", "quoted sep", "empty lines and cells", "quoted"],
)
def test_a_table_is_the_same_with_every_separator(text):
    table = read_csv(text)
    assert table.columns == ("u", "v", "name")
    assert [row.cells for row in table.rows] == ROWS


def test_a_row_knows_its_line_after_a_cell_of_two_lines():
    assert [row.line for row in read_csv('sep=;\na;b\n"1\n2";3\n4;5\n').rows] == [4, 5]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("u,v\n1,5,2,5\n", "line 2 has more cells than the heading; separate the cells by semicolons"),
        ("u;u\n1;2\n", "column u occurs twice"),
        ('u;v\n"1;2\n', "not CSV"),
    ],
)
def test_a_damaged_table_is_refused(text, fault):
    with pytest.raises(ValueError, match=fault):
        read_csv(text)


def test_a_table_without_content_has_no_columns():
    assert read_csv("\n;;\n").columns == read_csv("").columns == ()


def test_decimals_have_a_point_or_all_a_comma():
    assert with_decimal_points(["1,5", "-6,2", "3", "1,234,5", "13-Jan"]) == ["1.5", "-6.2", "3", "1,234,5", "13-Jan"]
    assert with_decimal_points(["1.5", "1e3"]) == ["1.5", "1e3"]
    with pytest.raises(ValueError, match="some decimals have a comma"):
        with_decimal_points(["1,5", "2.5"])
