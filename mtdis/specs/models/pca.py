"""Principal components of the images: axes by variance, without any training."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from mtdis.specs.run import Run


class Pca(Run):
    """One linear layer whose codes are the coordinates of an image along the components."""

    defines: ClassVar[tuple[str, ...]] = (*Run.defines, "fit(run, model, images, rows)")
    label: ClassVar[str] = "PCA"
    colour: ClassVar[str] = "#661100"
    order: ClassVar[int] = 12

    latent_size: int = Field(8, ge=1, le=4096, description="number of codes d")
    fit_images: int = Field(
        4096,
        ge=2,
        le=8192,
        description=(
            "images of the training split, drawn by the seed, that the components are found from;"
            " all of it if it has fewer"
        ),
    )

    @model_validator(mode="after")
    def _has_components(self) -> Self:
        height, width, channels = self.dataset.image_shape
        counts = self.image_counts
        images = min(self.fit_images, counts[0]) if counts else self.fit_images
        most = min(images - 1, height * width * channels)
        if self.latent_size > most:
            raise ValueError(
                f"{images} images of {height}×{width}×{channels} have {most} principal components"
                f" at most, latent_size asks for {self.latent_size}; lower it or raise fit_images"
            )
        return self

    @property
    def memory_mib(self) -> int:
        """As of all runs, and three float64 copies of the images that it is found from."""
        height, width, channels = self.dataset.image_shape
        return super().memory_mib + 24 * self.fit_images * height * width * channels // 2**20

    @property
    def code_count(self) -> int:
        """The latent size."""
        return self.latent_size

    @property
    def networks(self) -> tuple[str, ...]:
        """One linear encoder."""
        return ("pca",)
