"""Tables and figures on the page are those on disk, or it says what is wrong with them."""

from pathlib import Path

import pytest
from helpers.long_table import make_long_table
from helpers.small_study import LEARNING

from mtdis.artifacts import files
from mtdis.artifacts.shown import write_table
from mtdis.reporting.formats import texts
from mtdis.reporting.formats.cells import blocks, columns_of
from mtdis.reporting.page import outputs
from mtdis.reporting.page.pictures import Pictures
from mtdis.reporting.tables import claims, settings, table5
from mtdis.specs.run import Run

PAGE = Path("results/studies/small/index.html")
PLACE = PAGE.parent / "tables/one"


@pytest.mark.parametrize("module", [claims, settings])
def test_a_table_is_shown_as_it_was_made(module) -> None:
    kinds, keys = ("single_task", "multi_head"), ("discrete_mig",)
    sweep = {} if module is claims else {"settings": ("paper", "released")}
    long = make_long_table(kinds=kinds, tasks=2, keys=keys, **sweep)
    files.write_frame(PLACE / "long.parquet", long)
    path = PLACE / f"{module.__name__.rpartition('.')[2]}.csv"
    made = module.make(long)
    write_table(path, made, texts(made, module.CAPTION), [PLACE / "long.parquet"])
    shown = outputs.table(path, PAGE)
    assert not shown.problem
    assert shown.blocks == list(blocks(made))
    assert shown.columns == columns_of(made)
    assert shown.caption == module.CAPTION
    assert shown.csv == f"tables/one/{path.name}"


def test_a_table_that_is_not_there_or_damaged_says_so() -> None:
    path = PLACE / "table5.csv"
    assert "is not there yet" in outputs.table(path, PAGE).problem
    long = make_long_table(tasks=2, keys=("discrete_mig",))
    files.write_frame(PLACE / "long.parquet", long)
    made = table5.make(long)
    write_table(path, made, texts(made, ""), [PLACE / "long.parquet"])
    path.write_text(path.read_text().replace("random", "Random"))
    shown = outputs.table(path, PAGE)
    assert "its record says" in shown.problem
    assert shown.blocks == []


def test_a_long_table_is_cut_and_says_how_much() -> None:
    long = make_long_table(kinds=("random",), keys=("discrete_mig",))
    files.write_frame(PLACE / "long.parquet", long)
    made = table5.make(long)
    many = made.loc[made.index.repeat(outputs.MOST_LINES // len(made) + 1)]
    write_table(PLACE / "table5.csv", many, {}, [])
    assert outputs.table(PLACE / "table5.csv", PAGE).left_out == len(many) - outputs.MOST_LINES


def test_a_figure_that_is_not_there_says_so() -> None:
    figure = outputs.figure(PAGE.parent / "figures/one/figure3.pdf", PAGE, Pictures(PAGE))
    assert (figure.source, figure.pdf) == ("", "figures/one/figure3.pdf")
    assert "figure3.pdf is not there yet" in figure.problem


def test_what_was_asked_names_kinds_fields_data_and_seeds() -> None:
    sizes, seeds = (16, 4), (1, 2)
    fields = [{"latent_size": size, "seed": seed} for seed in seeds for size in sizes]
    runs = [Run.from_fields({"kind": "multi_head"} | LEARNING | own) for own in fields]
    said = outputs.asked(runs)
    assert said.startswith("Encoders: multi-head; on ")
    assert "along latent size (4, 16); 2 seeds." in said
