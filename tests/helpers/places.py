"""Where the project, the stored reference values and the genuine frames lie."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
REFERENCES = ROOT / "tests" / "data"
GENUINE = ROOT.parent / "shared" / "genuine"
"""Frames of the published datasets, beside the project where they are; never in it."""
