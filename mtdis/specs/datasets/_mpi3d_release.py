"""The facts that the three files of MPI3D share: where they lie, their licence, what to cite."""

FOLDERS = (
    # the authors', since April 2025
    "https://huggingface.co/datasets/waleedgondal/mpi3d/resolve/main",
    "https://storage.googleapis.com/mpi3d_disentanglement_dataset/data",  # 2024
    "https://storage.googleapis.com/disentanglement_dataset/Final_Dataset",  # 2019
)
LICENCE = "CC BY 4.0"
CITATION = (
    "Gondal, Wüthrich, Miladinović, Locatello, Breidt, Volchkov, Akpo, Bachem, Schölkopf, Bauer: On"
    " the Transfer of Inductive Bias from Simulation to the Real World: a New Disentanglement"
    " Dataset. NeurIPS 2019"
)


def urls(name: str) -> tuple[str, ...]:
    """The addresses of a file of the release, the newest place first."""
    return tuple(f"{folder}/{name}" for folder in FOLDERS)
