"""A finished study as one zip for others: tables, figures, records, a sample of codes, config,
workflow, licences and references, described as a Workflow Run RO-Crate.

The same results give the same bytes: entries are sorted and carry no time, and the one date is that
of the newest output.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import h5py
import numpy as np
import yaml

from mtdis import paths
from mtdis.artifacts import datasets, files, records, runs, shown
from mtdis.errors import ConfigError
from mtdis.operations import export_texts, workflow_files
from mtdis.operations.export_crate import METADATA, crate
from mtdis.progress import progress_bar
from mtdis.specs.dataset import Dataset
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.study import Study

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The time of every entry: the first that a zip can say."""
READABLE = 0o100644 << 16
MOST_NAMED = 5


@dataclass(frozen=True)
class Part:
    """A file of the zip."""

    path: str
    content: bytes
    about: str

    @property
    def sha256(self) -> str:
        """Of the content."""
        return sha256(self.content).hexdigest()


def export(study: Study, out: Path, codes: int, author: str = "") -> dict[str, int]:
    """Write the zip of a finished study, with the codes of so many images of each network; path in
    it → bytes.

    ConfigError if the study is not finished, ArtifactError if a part of it is damaged. Nothing is
    written then.
    """
    _check_finished(study)
    ended = datetime.fromtimestamp(
        max(Path(path).stat().st_mtime for path in study.all_outputs()), UTC
    ).replace(microsecond=0)
    parts = sorted(_parts(study, codes), key=lambda part: part.path)
    metadata = json.dumps(crate(study, parts, ended, author), indent=1, ensure_ascii=False)
    described = [*parts, Part(METADATA, metadata.encode(), "")]
    with files.atomic(out) as temporary, ZipFile(temporary, "w", ZIP_DEFLATED) as archive:
        for part in described:
            entry = ZipInfo(part.path, EARLIEST)
            entry.compress_type, entry.external_attr = ZIP_DEFLATED, READABLE
            archive.writestr(entry, part.content)
    return {part.path: len(part.content) for part in described}


def _check_finished(study: Study) -> None:
    wanted = [*study.all_outputs(), *study.all_results()]
    missing = [path for path in wanted if not Path(path).exists()]
    if missing:
        named = ", ".join(missing[:MOST_NAMED])
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        raise ConfigError(
            f"{study.name} is not finished: {len(missing)} of {len(wanted)} files are missing:"
            f" {named}{more}. Run snakemake with the same config first."
        )


def _parts(study: Study, codes: int) -> Iterator[Part]:
    yield Part("README.md", export_texts.readme(study, codes).encode(), "What is in this crate")
    yield Part("LICENCES.md", export_texts.licences(study).encode(), "What may be done with it")
    yield Part("references.bib", export_texts.references(study).encode(), "What to cite")
    config = yaml.safe_dump(
        json.loads(json.dumps(study.config)), sort_keys=False, allow_unicode=True
    )
    yield Part("config.yaml", config.encode(), "The whole config of the study")
    yield from _workflow()
    yield from _outputs(study)
    yield from _records(study)
    if codes:
        about = f"Codes of {codes} images of each network, and the factors of these images"
        yield Part("codes/sample.h5", sample_of_codes(study, codes), about)


def _workflow() -> Iterator[Part]:
    """The rules and the environment that they name, of the checkout or the package."""
    root = workflow_files.root()
    for name in workflow_files.names(root):
        if name.endswith(("Snakefile", ".smk", ".rst")) or name.startswith("envs/"):
            yield Part(name, files.read_bytes(root / name), "The workflow that made the results")


def _outputs(study: Study) -> Iterator[Part]:
    """Long tables, tables and figures in all their forms, each checked against its seal."""
    top = Path(paths.page(study.name)).parent
    long = {paths.study_table(study.name), *study.long_tables()}
    for output in dict.fromkeys(study.all_outputs()):
        path = Path(output)
        if path.suffix == ".parquet":
            files.verify_parquet(path)
        else:
            shown.verify_shown(path)
        about = "A row per run, network, metric and key" if output in long else ""
        for form in sorted(path.parent.glob(f"{path.stem}.*")):
            inner = form.relative_to(top)
            said = about or f"{inner.parts[0].removesuffix('s')} {path.stem} of {path.parent.name}"
            yield Part(inner.as_posix(), files.read_bytes(form), said[0].upper() + said[1:])


def _records(study: Study) -> Iterator[Part]:
    """Records of datasets, runs and stages, one as JSON per line: spec, result, what computed it,
    checksums.
    """
    kinds: Mapping[str, tuple[Mapping[str, Any], Any]] = {
        "datasets": (study.datasets, paths.dataset),
        "runs": (study.runs, paths.run),
        "stages": (study.stages, paths.stage),
    }
    for name, (specs, path_of) in kinds.items():
        lines = [
            json.dumps(records.read_record(Path(path_of(i)), spec, "snakemake"), sort_keys=True)
            for i, spec in sorted(specs.items())
        ]
        if lines:
            about = f"The record of each of the {name}: settings, result, provenance, checksums"
            yield Part(f"records/{name}.jsonl", "\n".join([*lines, ""]).encode(), about)


def sample_of_codes(study: Study, count: int) -> bytes:
    """An HDF5 file: `runs/<id>/<network>` (n, d) float32 and `runs/<id>/rows` (n,), evenly spread
    over the images that the run has codes of; `factors/<dataset id>` (N, K) of all images.
    """
    stream = BytesIO()
    with h5py.File(stream, "w") as file:
        for dataset_id, dataset in sorted(study.datasets.items()):
            _add_factors(file, dataset_id, dataset)
        with progress_bar(len(study.runs), "codes", "runs") as bar:
            for run_id, run in sorted(study.runs.items()):
                _add_codes(file, run_id, run, count)
                bar.update()
    return stream.getvalue()


def _add_factors(file: h5py.File, dataset_id: str, dataset: Dataset) -> None:
    classes = datasets.read_dataset(Path(paths.dataset(dataset_id)), "factors")
    stored = file.create_dataset(f"factors/{dataset_id}", data=classes, compression="gzip")
    stored.attrs["names"] = list(dataset.names)


def _add_codes(file: h5py.File, run_id: str, run: Run, count: int) -> None:
    record = Path(paths.run(run_id))
    group = file.create_group(f"runs/{run_id}")
    group.attrs["dataset"] = identify(run.dataset)
    rows = runs.read_rows(record)
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64))
    group["rows"] = rows[chosen]
    for network in run.networks:
        group[network] = runs.read_codes(record, network)[0][chosen]


def sizes(written: Mapping[str, int]) -> Sequence[tuple[str, int, int]]:
    """Of each folder of a zip the number of files and their bytes unpacked, largest first."""
    found: dict[str, list[int]] = {}
    for path, size in written.items():
        folder = path.split("/", 1)[0] if "/" in path else "."
        found.setdefault(folder, []).append(size)
    return sorted(((f, len(s), sum(s)) for f, s in found.items()), key=lambda line: -line[2])
