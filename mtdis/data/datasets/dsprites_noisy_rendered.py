"""Noisy-dSprites of disentanglement_lib, drawn."""

from mtdis.data.rendering.dsprites_noisy import paint
from mtdis.data.rendering.sprite_variants import painted_chunks

chunks = painted_chunks(paint)
