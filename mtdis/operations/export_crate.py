"""The description of an exported study: a Workflow Run RO-Crate
(https://w3id.org/ro/wfrun/workflow/0.5), which is a Process Run Crate and a Workflow RO-Crate.
"""

import mimetypes
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol

from mtdis.study import Study

if TYPE_CHECKING:
    from rocrate.model.entity import Entity
    from rocrate.rocrate import ROCrate

METADATA = "ro-crate-metadata.json"
WORKFLOW, CONFIG, LONG, LICENCES, README = (
    "workflow/Snakefile",
    "config.yaml",
    "tables/long.parquet",
    "LICENCES.md",
    "README.md",
)
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
TYPES = {
    ".bib": "application/x-bibtex",
    ".h5": "application/x-hdf5",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".rst": "text/x-rst",
    ".smk": "text/plain",
    ".tex": "application/x-tex",
    ".yaml": "application/yaml",
}
QUESTION = (
    "How task supervision shapes disentangled representations: long table, tables, figures,"
    " records of all runs and a sample of codes"
)


class Described(Protocol):
    """A file of the crate."""

    @property
    def path(self) -> str:
        """In the crate."""

    @property
    def content(self) -> bytes:
        """Its bytes."""

    @property
    def about(self) -> str:
        """What it is, in a few words."""

    @property
    def sha256(self) -> str:
        """Of the content."""


def crate(study: Study, parts: Sequence[Described], ended: datetime, author: str) -> dict[str, Any]:
    """The metadata of a crate of these files, whose newest result was written at `ended`; `author`
    ran the study, nobody is named if it is empty.
    """
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate  # here: only the export waits for it

    made = ROCrate(version="1.1")
    made.name, made.description = f"mtdis study {study.name}", QUESTION
    made.datePublished = ended
    for identifier, name in PROFILES.items():
        about = {"@type": "CreativeWork", "name": name, "version": identifier.rsplit("/", 1)[-1]}
        made.add(ContextEntity(made, identifier, about))
    made.root_dataset["conformsTo"] = [{"@id": identifier} for identifier in PROFILES]
    entities = {part.path: _add(made, part) for part in parts}
    made.root_dataset["license"] = entities[LICENCES]
    _add_parameters(made, entities)
    entities[README]["about"] = made.root_dataset
    action = _add_action(made, study, entities, ended)
    if author:
        person = made.add(ContextEntity(made, "#author", {"@type": "Person", "name": author}))
        made.root_dataset["author"] = action["agent"] = person
    metadata: dict[str, Any] = made.metadata.generate()
    return metadata


def _add(made: "ROCrate", part: Described) -> "Entity":
    """Add a file to the crate, the main workflow as what it is."""
    about = {
        "name": part.path,
        "contentSize": str(len(part.content)),
        "encodingFormat": _type_of(part.path),
        "sha256": part.sha256,
    } | ({"description": part.about} if part.about else {})
    if part.path != WORKFLOW:
        return made.add_file(dest_path=part.path, properties=about)
    own: Mapping[str, Any] = about | {"version": version("mtdis")}
    return made.add_workflow(
        dest_path=part.path, main=True, lang="snakemake", lang_version=version("snakemake"),
        properties=dict(own),
    )  # fmt: skip


def _type_of(path: str) -> str:
    suffix = path[path.rfind(".") :] if "." in path.rsplit("/", 1)[-1] else ""
    return TYPES.get(suffix) or mimetypes.types_map.get(suffix, "text/plain")


def _add_parameters(made: "ROCrate", entities: Mapping[str, "Entity"]) -> None:
    """What the workflow takes and gives, each with the file that it was here."""
    from rocrate.model.contextentity import ContextEntity

    for way, name, path in (("input", "config", CONFIG), ("output", "long table", LONG)):
        about = {
            "@type": "FormalParameter",
            "additionalType": "File",
            "name": name,
            "workExample": {"@id": entities[path].id},
        }
        parameter = made.add(ContextEntity(made, f"#{name.replace(' ', '-')}", about))
        entities[path]["exampleOfWork"] = parameter
        made.mainEntity[way] = parameter


def _add_action(
    made: "ROCrate", study: Study, entities: Mapping[str, "Entity"], ended: datetime
) -> "Entity":
    """The run of the workflow: from the config to tables and figures."""
    from rocrate.model.contextentity import ContextEntity

    results = [e for path, e in entities.items() if path.startswith(("tables/", "figures/"))]
    about = {
        "@type": "CreateAction",
        "name": f"Snakemake's run of {study.name}",
        "description": f"{len(study.runs)} runs and {len(study.stages)} stages; when each was made,"
        " by what and on which machine stands in records/",
        "endTime": ended.isoformat(),
        "instrument": {"@id": made.mainEntity.id},
        "object": {"@id": entities[CONFIG].id},
        "result": [{"@id": entity.id} for entity in results],
    }
    action = made.add(ContextEntity(made, "#run", about))
    made.root_dataset["mentions"] = action
    return action
