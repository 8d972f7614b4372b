"""Files of arrays with random damage, read one after the other as `mtdis score` and `mtdis own` do.

`python array_mutants.py FOLDER COUNT SEED` prints how each reading ended, the most memory that
Python and numpy held during one, and by how much the process grew.
"""

import gc
import io
import json
import re
import resource
import sys
import tracemalloc
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.random import RandomState

from mtdis.data.own.arrays import open_array
from mtdis.errors import ArtifactError
from mtdis.scoring.user_arrays import read_table

NUMBERS = (b"0", b"-1", b"99", b"4294967296", b"9" * 18, b"9" * 400, b"1e9", b"(", b"'", b"[]")


def valid_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Suffix and bytes of files that can be read, of each kind and packing."""
    rng = RandomState(0)
    tables = {"codes": rng.normal(size=(60, 3)), "factors": rng.randint(4, size=(60, 2))}
    images = {"images": rng.randint(0, 256, (5, 8, 8), np.uint8)}
    for array in (*tables.values(), *images.values(), np.asfortranarray(tables["codes"])):
        stream = io.BytesIO()
        np.save(stream, array)
        yield ".npy", stream.getvalue()
    for arrays in (tables, images):
        for save in (np.savez, np.savez_compressed):
            stream = io.BytesIO()
            save(stream, **arrays)
            yield ".npz", stream.getvalue()
    for options in ({}, {"chunks": True}, {"chunks": True, "compression": "gzip"}):
        path = folder / "valid.h5"
        with h5py.File(path, "w") as file:
            for name, array in (tables | images).items():
                file.create_dataset(name, data=array, **options)
        yield ".h5", path.read_bytes()


def flipped(content: bytes, rng: RandomState) -> bytes:
    """A few bytes are others."""
    changed = bytearray(content)
    for place in rng.randint(len(changed), size=rng.randint(1, 9)):
        changed[place] = rng.choice([0, 255, rng.randint(256)])
    return bytes(changed)


def flipped_early(content: bytes, rng: RandomState) -> bytes:
    """As `flipped`, where headers lie."""
    return flipped(content[:256], rng) + content[256:]


def cut(content: bytes, rng: RandomState) -> bytes:
    """The end is missing."""
    return content[: rng.randint(len(content))]


def renumbered(content: bytes, rng: RandomState) -> bytes:
    """A number in a header is another, or none."""
    found = list(re.finditer(rb"\d+", content[:200])) or [re.compile(b"").match(content)]
    place = found[rng.randint(len(found))]
    return content[: place.start()] + NUMBERS[rng.randint(len(NUMBERS))] + content[place.end() :]


def spliced(content: bytes, rng: RandomState) -> bytes:
    """A part stands in another place."""
    start, stop, to = np.sort(rng.randint(len(content), size=3))
    return content[:to] + content[start:stop] + content[to:]


def noise(content: bytes, rng: RandomState) -> bytes:
    """Nothing but random bytes, some of them behind the right first ones."""
    return content[: rng.choice([0, 8, 10])] + rng.bytes(rng.randint(1, 2000))


MUTATIONS = (flipped, flipped_early, cut, renumbered, spliced, noise)


def mutants(folder: Path, count: int, rng: RandomState) -> Iterator[tuple[str, bytes]]:
    """So many damaged files, as many of each kind of damage and file."""
    files = list(valid_files(folder))
    for number in range(count):
        suffix, content = files[number % len(files)]
        yield suffix, MUTATIONS[number // len(files) % len(MUTATIONS)](content, rng)


def read_images(path: Path) -> None:
    """Read all images as `mtdis own` does."""
    for _ in open_array(path).read():
        pass


READINGS: dict[str, Callable[[Path], Any]] = {
    "codes": lambda path: read_table(path, "codes"),
    "factors": lambda path: read_table(path, "factors"),
    "images": read_images,
}


def main(folder: Path, count: int, seed: int) -> None:
    """Read mutants and print what became of them as JSON; a copy of one that raised is kept."""
    warnings.simplefilter("error")
    ends: Counter[str] = Counter()
    most, before = 0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    for number, (suffix, content) in enumerate(mutants(folder, count, RandomState(seed))):
        path = folder / f"mutant{suffix}"
        path.write_bytes(content)
        for reading in READINGS.values():
            held = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            try:
                reading(path)
                ends["read"] += 1
            except ArtifactError:
                ends["refused"] += 1
            except BaseException as error:
                ends[f"{type(error).__name__}: {error} of mutant {number}"] += 1
                (folder / f"raised{number}{suffix}").write_bytes(content)
            most = max(most, tracemalloc.get_traced_memory()[1] - held)
        if number % 100 == 0:
            gc.collect()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"ends": ends, "most_bytes": most, "grown_bytes": 1024 * grown}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
