"""Scream-dSprites of disentanglement_lib, drawn with a free picture in place of the painting."""

from mtdis.data.rendering.dsprites_scream_free import paint
from mtdis.data.rendering.sprite_variants import painted_chunks

chunks = painted_chunks(paint)
