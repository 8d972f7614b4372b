"""The shape of each kind of JSON record, stated once; reading a record checks it against these."""

from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, strict=True)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class FileSeal(TypedDict):
    """Size and checksum of a file."""

    bytes: Count
    sha256: Sha256


class StoodOn(TypedDict):
    """The checksums of what a result was computed from: arrays of data, files of results."""

    dataset: NotRequired[dict[str, Sha256]]
    targets: NotRequired[dict[str, Sha256]]
    parent: NotRequired[dict[str, Sha256]]
    other: NotRequired[dict[str, Sha256]]


class NetworkResult(TypedDict):
    """The outcome of one network of a run."""

    network: str
    diverged: Annotated[bool, Field(strict=True)]
    losses: dict[str, dict[str, list[Number | None]]]
    """Part of the split → error → value per task."""


class RunResult(TypedDict):
    """The outcome of a run."""

    networks: list[NetworkResult]


class ResultContent(TypedDict):
    """The entries that records of runs and of stages share."""

    format: int
    id: str
    spec: dict[str, Any]
    execution: dict[str, Any]
    files: dict[str, FileSeal]
    stood_on: NotRequired[StoodOn]


class RunContent(ResultContent):
    """The record of a run."""

    result: RunResult


class StageRow(TypedDict):
    """A value of a stage."""

    metric: str
    key: str
    value: Number | None
    task: NotRequired[Count]


class StageResult(TypedDict):
    """The outcome of a stage."""

    rows: list[StageRow]
    diverged: Annotated[bool, Field(strict=True)]


class StageContent(ResultContent):
    """The record of a stage."""

    result: StageResult


class DataContent(TypedDict):
    """The entries that records of datasets and of targets share."""

    format: int
    id: str
    spec: dict[str, Any]
    bytes: Count
    file_sha256: NotRequired[Sha256]
    """Of the whole file, with what lies between the arrays."""
    sha256: dict[str, Sha256]
    shapes: dict[str, list[Count]]


class TargetsContent(DataContent):
    """The record of targets."""


class DatasetContent(DataContent):
    """The record of a dataset."""

    source: str
    white: Count
    names: list[str]
    sizes: list[Count]
    complete: Annotated[bool, Field(strict=True)]


class ScoreContent(TypedDict):
    """The file of one score."""

    format: int
    network: str
    codes_sha256: Sha256
    metric: dict[str, Any]
    values: dict[str, Number]


class IndexRow(TypedDict):
    """A value of a score index."""

    network: str
    transform: str
    draw: Count
    metric: str
    metric_seed: Count
    settings: str
    key: str
    value: Number | None
    diverged: Annotated[bool, Field(strict=True)]
    error: str
    note: NotRequired[str]


class IndexSummary(TypedDict):
    """The content of an index without its rows."""

    codes_sha256: Sha256
    networks: list[str]
    diverged: list[str]
    metrics: list[tuple[str, Count]]
    failed: dict[str, Count]
    rows: Count
    execution: NotRequired[dict[str, Any]]


class IndexContent(TypedDict):
    """The score index of a run."""

    format: int
    run: str
    codes_sha256: NotRequired[Sha256]
    dropped_factors: list[str]
    execution: NotRequired[dict[str, Any]]
    rows: list[IndexRow]
    summary: NotRequired[dict[str, Any]]


class ShownContent(TypedDict):
    """The seal of a table or a figure."""

    format: int
    files: dict[str, FileSeal]
    """Its forms by name."""
    made_of: dict[str, FileSeal]
    """The long table and the records of stages, by their path from here."""


class CalibrationContent(TypedDict):
    """The file of one calibrated score."""

    format: int
    network: str
    codes_sha256: Sha256
    metric: dict[str, Any]
    calibration: dict[str, Any]
    spectrum: dict[str, Number]
    """What the codes are like: live, rank, condition, effective rank, linear R² with the factors.
    """
    values: dict[str, dict[str, Number | list[Number]]]
    """Key → score of the codes none, standardised, whitened, oriented, of perfect ones, and per
    draw rotated_whitened, rotated_standardised, permuted.
    """


class CalibrationRow(IndexRow):
    """A value of the index of a run's calibrations."""

    calibration: str


class CalibrationSummary(TypedDict):
    """The content of an index of calibrated scores without its rows."""

    run: str
    codes_sha256: Sha256
    counts: list[tuple[str, str, Count, str, Count]]
    """Network, settings and seed of the metric, calibration, and their number of rows."""


class CalibrationIndexContent(TypedDict):
    """The index of a run's calibrated scores."""

    format: int
    run: str
    codes_sha256: Sha256
    execution: NotRequired[dict[str, Any]]
    rows: list[CalibrationRow]
    summary: NotRequired[CalibrationSummary]


class IdContent(TypedDict):
    """The file that resolves a shortened id."""

    format: int
    id: str
    spec: dict[str, Any]


class DownloadedFile(FileSeal):
    """A downloaded file."""

    md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class DownloadContent(TypedDict):
    """The record of a genuine dataset's files."""

    format: int
    name: str
    files: dict[str, DownloadedFile]
    licence: str
    citation: str
