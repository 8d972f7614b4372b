"""Images of a user in every kind of file: the same bytes come out, and each wrong one is an error
one can act on.
"""

import io
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from mtdis.data.genuine.checks import reading
from mtdis.data.own import arrays as own_arrays
from mtdis.data.own import images as own_images
from mtdis.data.own.arrays import open_array
from mtdis.data.own.images import ImageSource
from mtdis.data.own.pngs import open_pngs
from mtdis.errors import ArtifactError

NOISE = np.random.RandomState(0)
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def noise(*shape: int) -> Any:
    return NOISE.randint(0, 256, shape).astype(np.uint8)


def write_h5(path: Path, images: Any, name: str = "images") -> None:
    with h5py.File(path, "w") as file:
        file[name] = images


def write_npz(path: Path, images: Any, name: str = "images") -> None:
    np.savez_compressed(path, **{name: images, "labels": np.arange(3)})


def write_npy(path: Path, images: Any) -> None:
    np.save(path, images, allow_pickle=True)


FILES: dict[str, tuple[Callable[..., None], Callable[[Path], ImageSource]]] = {
    "i.h5": (write_h5, open_array),
    "i.npz": (write_npz, open_array),
    "i.npy": (write_npy, open_array),
}


def opened(folder: Path, name: str, images: Any) -> ImageSource:
    write, read = FILES[name]
    write(folder / name, images)
    return read(folder / name)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("shape", "expected"), [((5, 8, 8), 1), *(((5, 16, 16, c), c) for c in (1, 2, 3, 4))]
)
def test_arrays_come_out_as_they_went_in_block_by_block(
    name: str,
    shape: tuple[int, ...],
    expected: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = noise(*shape)
    source = opened(tmp_path, name, images)
    assert (source.count, source.shape) == (5, (*shape[1:3], expected))
    monkeypatch.setattr(own_images, "BLOCK_BYTES", 2 * int(np.prod(shape[1:])))
    blocks = list(source.read())
    assert [len(block) for block in blocks] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(blocks).reshape(shape), images)


@pytest.mark.parametrize("name", ["i.h5", "i.npz"])
def test_the_only_array_of_images_may_have_any_name(name: str, tmp_path: Path) -> None:
    FILES[name][0](tmp_path / name, noise(3, 8, 8), name="x")
    assert FILES[name][1](tmp_path / name).count == 3


@pytest.mark.parametrize("channels", MODES)
def test_pngs_come_out_as_they_went_in_and_in_the_tables_order(
    channels: int, tmp_path: Path
) -> None:
    images = noise(3, 8, 8, channels)
    for number, image in enumerate(images):
        Image.fromarray(image.squeeze(), MODES[channels]).save(tmp_path / f"{number}.png")
    (tmp_path / ".hidden.png").write_text("")
    (tmp_path / "notes.txt").write_text("")
    source = open_pngs(tmp_path, ("2.png", "0.png", "1.png"))
    assert (source.count, source.shape) == (3, (8, 8, channels))
    np.testing.assert_array_equal(np.concatenate(list(source.read())), images[[2, 0, 1]])


def test_black_and_white_pngs_are_0_and_255(tmp_path: Path) -> None:
    Image.fromarray(np.eye(8, dtype=bool)).save(tmp_path / "a.png")
    (block,) = open_pngs(tmp_path, ("a.png",)).read()
    np.testing.assert_array_equal(block[0, :, :, 0], 255 * np.eye(8))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("images", "message"),
    [
        (noise(3, 8, 8) / 255, "is of type float64; uint8 is needed, 0 black and 255 white."),
        (
            noise(3, 8, 8) > 9,
            (
                "is of type bool; uint8 is needed, 0 black and 255 white. Save"
                " images.astype(np.uint8) "
            ),
        ),
        (noise(3, 8, 8).astype(np.int64), "is of type int64; uint8 is needed"),
        (noise(3, 8, 8).astype(np.uint16), "is of type uint16; uint8 is needed"),
        (np.zeros((0, 8, 8), np.uint8), "holds no image"),
        (
            noise(3, 3, 64, 64),
            "has shape (3, 3, 64, 64); channels come last: np.moveaxis(images, 1, -1)",
        ),
        (noise(3, 8, 8, 5), "has 5 channels; 1 to 4 are possible"),
        (noise(3, 8, 8, 0), "has 0 channels; 1 to 4 are possible"),
        (
            noise(2, 48, 48),
            "images are 48 x 48 (height x width); square ones of 8, 16, 32, 64 or 128 pixels",
        ),
        (noise(2, 100, 100), "Cut them square or resize them, with Pillow: image.resize((64, 64)"),
        (noise(2, 64, 32, 3), "images are 64 x 32 (height x width); square ones of"),
        (noise(2, 4, 4, 3), "images are 4 x 4"),
    ],
)
def test_arrays_that_are_no_such_images_are_refused(
    name: str, images: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ArtifactError, match=re.escape(message)) as raised:
        opened(tmp_path, name, images)
    assert str(tmp_path / name) in str(raised.value)


@pytest.mark.parametrize("images", [noise(8, 8), noise(2, 2, 8, 8, 3)])
def test_arrays_of_other_dimensions_are_named(images: Any, tmp_path: Path) -> None:
    for name in FILES:
        with pytest.raises(ArtifactError, match=re.escape(str(images.shape))):
            opened(tmp_path, name, images)
    write_h5(tmp_path / "two.h5", images, "x")
    with pytest.raises(
        ArtifactError, match=r"an array 'images' of shape .* is needed; arrays: x \("
    ):
        open_array(tmp_path / "two.h5")


def test_which_of_two_arrays_is_meant_is_asked(tmp_path: Path) -> None:
    np.savez(tmp_path / "i.npz", train=noise(2, 8, 8), test=noise(1, 8, 8))
    with pytest.raises(
        ArtifactError, match=re.escape("is needed; arrays: train (2, 8, 8), test (1, 8, 8).")
    ):
        open_array(tmp_path / "i.npz")
    (tmp_path / "none.npz").write_bytes(b"PK\x05\x06" + bytes(18))
    with pytest.raises(ArtifactError, match=r"is needed; arrays: none\."):
        open_array(tmp_path / "none.npz")


class Harmful:
    """Leaves a trace if it is ever unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("unpickled"),)


@pytest.mark.parametrize("name", ["i.npz", "i.npy"])
def test_pickles_are_never_loaded(name: str, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="is of type object; uint8 is needed"):
        opened(tmp_path, name, np.full((2, 8, 8), Harmful(), dtype=object))
    assert not Path("unpickled").exists()


def test_fortran_order_is_refused_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(
        ArtifactError, match=r"is in Fortran order; save np.ascontiguousarray\(images\)"
    ):
        opened(tmp_path, "i.npy", np.asfortranarray(noise(3, 8, 8)))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.99])
def test_truncated_files_are_errors(name: str, part: float, tmp_path: Path) -> None:
    opened(tmp_path, name, noise(40, 16, 16))
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(
        ArtifactError,
        match=r"can't be read: .* It may be cut off|is cut off: .* bytes for 10,240 pix",
    ):
        list(FILES[name][1](tmp_path / name).read())


def test_a_damaged_zip_is_an_error_while_it_is_read(tmp_path: Path) -> None:
    source = opened(tmp_path, "i.npz", noise(40, 16, 16))
    content = bytearray((tmp_path / "i.npz").read_bytes())
    content[5000] ^= 255
    (tmp_path / "i.npz").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"i.npz can't be read: "):
        list(source.read())


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        (4, "is cut off: 384 bytes for 576 pixels"),
        (8, "can't be read: it ends 64 bytes early"),
    ],
)
def test_an_npy_that_ends_before_its_header_says_is_an_error(
    kept: int, message: str, tmp_path: Path
) -> None:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "|u1", "fortran_order": False, "shape": (9, 8, 8)}
    )
    (tmp_path / "i.npy").write_bytes(stream.getvalue() + bytes(kept * 64))
    with pytest.raises(ArtifactError, match=f"i.npy {message}"):
        list(open_array(tmp_path / "i.npy").read())


def npy(header: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


@pytest.mark.parametrize(
    "header", [b"{'descr': '|u1', 'shape': (", b"{'descr': '|u1' 'x", b"{'a': 1)}", b" x\n  y\n z"]
)
def test_an_npy_with_a_damaged_header_is_an_error(header: bytes, tmp_path: Path) -> None:
    path = tmp_path / "i.npy"
    path.write_bytes(npy(header) + bytes(640))
    with pytest.raises(ArtifactError, match=r"i.npy can't be read: "):
        open_array(path)
    with pytest.raises(ArtifactError, match="can't read images"), reading(path, "images"):
        np.load(path)


def test_an_npy_of_less_than_no_images_is_an_error(tmp_path: Path) -> None:
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 64, 64)}"
    (tmp_path / "i.npy").write_bytes(npy(header) + bytes(640))
    with pytest.raises(ArtifactError, match=r"i.npy of shape \(-1, 64, 64\) holds no image"):
        open_array(tmp_path / "i.npy")


def external(file: h5py.File) -> None:
    file.create_dataset("images", (4, 8, 8), "u1", external=[("pixels.raw", 0, 256)])


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((4, 8, 8), "u1")
    layout[:] = h5py.VirtualSource("other.h5", "images", (4, 8, 8))
    file.create_virtual_dataset("images", layout)


def huge_chunks(file: h5py.File) -> None:
    file.create_dataset("images", (2**17, 64, 64), "u1", chunks=(2**17, 64, 64))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            external,
            (
                "i.h5, array 'images' only points to other files (external storage or a virtual"
                " dataset)"
            ),
        ),
        (virtual, "i.h5, array 'images' only points to other files"),
        (
            huge_chunks,
            (
                "has chunks of 536,870,912 bytes, each read as a whole; 268,435,456 are possible."
                " Write it again"
            ),
        ),
    ],
)
def test_h5_images_that_lie_elsewhere_or_in_huge_chunks_are_refused(
    make: Callable[[h5py.File], None], message: str, tmp_path: Path
) -> None:
    with h5py.File(tmp_path / "i.h5", "w") as file:
        make(file)
    with pytest.raises(ArtifactError, match=re.escape(message)):
        open_array(tmp_path / "i.h5")


@pytest.mark.parametrize(("largest", "expected"), [(2**28, [8, 2]), (8 * 64 - 1, [3, 3, 3, 1])])
def test_h5_images_are_read_by_whole_chunks_unless_these_hold_too_many(
    largest: int, expected: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = noise(10, 8, 8)
    with h5py.File(tmp_path / "i.h5", "w") as file:
        file.create_dataset("images", data=images, chunks=(8, 2, 2))
    monkeypatch.setattr(own_images, "BLOCK_BYTES", 3 * 64)
    monkeypatch.setattr(own_arrays, "LARGEST_CHUNK", largest)
    blocks = list(open_array(tmp_path / "i.h5").read())
    assert [len(block) for block in blocks] == expected
    np.testing.assert_array_equal(np.concatenate(blocks)[..., 0], images)


def save(folder: Path, name: str, image: Image.Image) -> str:
    image.save(folder / name, format="PNG")
    return name


def palette(folder: Path) -> None:
    save(folder, "a.png", Image.fromarray(noise(8, 8)).convert("P"))


def sixteen_bits(folder: Path) -> None:
    save(folder, "a.png", Image.fromarray(noise(8, 8).astype(np.uint16) * 257))


def sixteen_bits_in_colour(folder: Path) -> None:
    """Pillow can't write such a png: eight rows of a filter byte and eight pixels of six bytes."""
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in (
        (b"IHDR", struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(8 * (1 + 8 * 6)))),
        (b"IEND", b""),
    ):
        content += (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )
    (folder / "a.png").write_bytes(content)


def jpeg(folder: Path) -> None:
    Image.fromarray(noise(8, 8)).save(folder / "a.png", format="JPEG")


def oblong(folder: Path) -> None:
    save(folder, "a.png", Image.fromarray(noise(16, 8)))


def bomb(folder: Path) -> None:
    save(folder, "a.png", Image.fromarray(noise(8, 8)))
    header = b"IHDR" + struct.pack(">IIBBBBB", 40000, 40000, 8, 0, 0, 0, 0)
    small = (folder / "a.png").read_bytes()
    (folder / "a.png").write_bytes(
        small[:12] + header + struct.pack(">I", zlib.crc32(header)) + small[33:]
    )


def truncated(folder: Path) -> None:
    save(folder, "a.png", Image.fromarray(noise(64, 64)))
    (folder / "a.png").write_bytes((folder / "a.png").read_bytes()[:1000])


def empty(folder: Path) -> None:
    (folder / "a.png").write_bytes(b"")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            palette,
            (
                "a.png is a png of mode P; grey or colour of 8 bits, with or without transparency,"
                " are possible"
            ),
        ),
        (sixteen_bits, "is a png of mode I;16 with 16 bits a channel"),
        (
            sixteen_bits_in_colour,
            "is a png of mode RGB with 16 bits a channel; grey or colour of 8 bits",
        ),
        (jpeg, "a.png can't be read: cannot identify image file"),
        (oblong, "images are 16 x 8 (height x width); square ones"),
        (bomb, "a.png can't be read: Image size (1600000000 pixels) exceeds limit"),
        (truncated, "a.png can't be read: "),
        (empty, "a.png can't be read: "),
    ],
)
def test_pngs_that_are_no_such_images_are_refused(
    make: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    make(tmp_path)
    with pytest.raises(ArtifactError, match=re.escape(message)):
        list(open_pngs(tmp_path, ("a.png",)).read())


def test_the_way_to_convert_pngs_of_16_bits_keeps_their_pixels(tmp_path: Path) -> None:
    grey = noise(8, 8)
    path = tmp_path / save(tmp_path, "a.png", Image.fromarray(grey.astype(np.uint16) * 257))
    with pytest.raises(ArtifactError) as raised:
        open_pngs(tmp_path, ("a.png",))
    (advice,) = re.findall(r"with Pillow: (.*)\.$", str(raised.value))
    exec(advice, {"np": np, "Image": Image, "path": path})
    (block,) = open_pngs(tmp_path, ("a.png",)).read()
    np.testing.assert_array_equal(block[0, :, :, 0], grey)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (noise(16, 16), "b.png is 16 x 16 of mode L, "),
        (noise(8, 8, 3), "b.png is 8 x 8 of mode RGB, "),
    ],
)
def test_images_of_a_folder_are_of_one_size_and_mode(
    second: Any, message: str, tmp_path: Path
) -> None:
    files = (
        save(tmp_path, "a.png", Image.fromarray(noise(8, 8))),
        save(tmp_path, "b.png", Image.fromarray(second)),
    )
    with pytest.raises(
        ArtifactError,
        match=message + r".*a.png is 8 x 8 of mode L; save all images in one size and mode",
    ):
        list(open_pngs(tmp_path, files).read())


def test_the_table_names_each_image_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="has no png image; save the images there as png"):
        open_pngs(tmp_path, ("a.png",))
    for name in "ab":
        save(tmp_path, f"{name}.png", Image.fromarray(noise(8, 8)))
    with pytest.raises(
        ArtifactError, match="the factor table needs a column 'image' with their names"
    ):
        open_pngs(tmp_path, None)
    with pytest.raises(
        ArtifactError, match=r"names an unknown image 'c.png'\. .*Known: a.png, b.png"
    ):
        open_pngs(tmp_path, ("a.png", "b.png", "c.png"))
    with pytest.raises(
        ArtifactError, match=r"1 images are named by no row of the factor table: b.png\. Add a row"
    ):
        open_pngs(tmp_path, ("a.png",))
    with pytest.raises(ArtifactError, match="names an unknown image"):
        open_pngs(tmp_path, ("../a.png",))
    for number in range(9):
        save(tmp_path, f"image_{number}.png", Image.fromarray(noise(8, 8)))
    with pytest.raises(
        ArtifactError, match=r"Did you mean 'image_8.png'\? Known: a.png, b.png, .*image_2.png …"
    ):
        open_pngs(tmp_path, ("image_8.pn",))
    with pytest.raises(
        ArtifactError, match=r"nowhere can't be read: .*No such file.* See that it is a folder"
    ):
        open_pngs(tmp_path / "nowhere", ("a.png",))
