"""Batches copied ahead are those of arrays on the device, and so is all that is trained and encoded
from them.
"""

import threading
from pathlib import Path

import pytest
import torch
from helpers.small_study import spec_of
from helpers.training_runs import networks_of, trained, weights

from mtdis.specs.run import Run
from mtdis.training import batches
from mtdis.training.batches import CodedImages, Images, Raw, copied_ahead, encode, stream
from mtdis.training.devices import RESERVE, fits
from mtdis.training.run import load, load_images

CPU = torch.device("cpu")


@pytest.fixture
def images(data: Path) -> Images:
    return load(data / "d.json", data / "t.json", CPU)


def arrays() -> Raw:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(
        0, 256, (50, 4, 4, 3), dtype=torch.uint8, generator=generator
    ), torch.randn(50, 3, generator=generator)


@pytest.mark.parametrize("size", [1, 7, 25, 50, 64])
def test_batches_copied_ahead_are_the_rows_asked_for(size: int) -> None:
    order = torch.randperm(50, generator=torch.Generator().manual_seed(1))
    found = list(
        copied_ahead(arrays(), order, size, CPU)
    )  # all kept: no buffer is shared with a batch given out
    wanted = [tuple(array[rows] for array in arrays()) for rows in order.split(size)]
    assert len(found) == len(wanted)
    for batch, expected in zip(found, wanted, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(batch, expected, strict=True))


def test_resident_batches_are_the_rows_asked_for() -> None:
    order = torch.tensor([3, 1, 1, 40, 2])
    found = list(stream(arrays(), order, 2, CPU))
    assert [len(batch[0]) for batch in found] == [2, 2, 1]
    assert torch.equal(torch.cat([batch[1] for batch in found]), arrays()[1][order])


def test_a_wrong_row_is_an_error_in_the_training_thread() -> None:
    with pytest.raises(IndexError):
        list(copied_ahead(arrays(), torch.tensor([0, 1, 50, 2]), 1, CPU))


def test_batches_that_are_not_used_up_leave_no_thread() -> None:
    before = threading.active_count()
    batches = copied_ahead(arrays(), torch.arange(50), 5, CPU)
    next(batches)
    batches.close()
    assert threading.active_count() == before


def test_streamed_training_gives_the_same_bytes(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.from_fields(spec_of("single_task", batch_order="own"))
    resident, _ = trained(run, images, tmp_path / "a")
    codes = {name: encode(model, images) for name, model in resident.items()}
    monkeypatch.setattr(batches, "stream", copied_ahead)
    streamed, _ = trained(run, images, tmp_path / "b")
    assert weights(streamed) == weights(resident)
    assert {name: encode(model, images).tobytes() for name, model in streamed.items()} == {
        name: table.tobytes() for name, table in codes.items()
    }


def test_images_without_room_on_the_device_stay_on_the_cpu(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtdis.training.run.fits", lambda *_: False)
    found = load_images(data / "d.json", torch.device("meta"))
    assert (found.pixels.device, found.device) == (CPU, torch.device("meta"))
    assert found.batch(torch.tensor([1, 2])).device == torch.device("meta")
    assert load_images(data / "d.json", CPU).device == CPU


@pytest.mark.parametrize(("held", "used", "room"), [(0, 0, 6), (5, 0, 11), (5, 3, 8)])
def test_memory_that_is_held_but_not_used_counts_as_room(
    held: int, used: int, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after the dataset before this one, whose memory PyTorch keeps."""
    unit = 2**30
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (6 * unit + RESERVE, 20 * unit))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: held * unit)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: used * unit)
    assert fits(room * unit, torch.device("cuda"))
    assert not fits(room * unit + 1, torch.device("cuda"))
    assert fits(room * unit + 1, CPU)


def test_codes_and_images_of_the_same_rows(images: Images) -> None:
    (model,) = networks_of(Run.from_fields(spec_of("random")), images).values()
    coded = CodedImages(torch.from_numpy(encode(model, images)), images)
    rows = torch.tensor([5, 90])
    codes, pictures = coded.examples(rows)
    assert torch.equal(codes, coded.codes[rows])
    assert torch.equal(pictures, images.batch(rows))
    assert torch.equal(pictures, images.pixels[rows].permute(0, 3, 1, 2).float() / images.white)
