"""MPI3D-toy drawn from its geometry, in its flat colours, so that a study needs no download.

The numbers below were fitted to frames of mpi3d_toy1.gif in rr-learning/disentanglement_dataset, by
lowering the mean absolute difference one number after the other: tests/data/mpi3d_gif_classes.json
says which frames.
"""

from functools import partial

from mtdis.data.rendering.mpi3d_scene import render_scene
from mtdis.data.rendering.mpi3d_style import Camera, Style

STYLE = Style(
    cameras=(
        Camera(
            elevation=44.31,
            azimuth=9.11,
            roll=-1.79,
            distance=113.22,
            zoom=0.973,
            column=29.52,
            row=26.13,
            floor=((52.0, 52.0, 52.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
            backdrop=((52.0, 52.0, 52.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ),
        Camera(
            elevation=34.97,
            azimuth=10.09,
            roll=-0.83,
            distance=84.11,
            zoom=1.033,
            column=32.64,
            row=26.61,
            floor=((52.0, 52.0, 52.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
            backdrop=((52.0, 52.0, 52.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ),
        Camera(
            elevation=22.46,
            azimuth=4.14,
            roll=-0.96,
            distance=75.32,
            zoom=1.049,
            column=28.77,
            row=29.54,
            floor=((52.0, 52.0, 52.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
            backdrop=((52.0, 52.0, 52.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ),
    ),
    objects=(
        (206.0, 206.0, 205.9),
        (37.0, 140.5, 35.5),
        (191.3, 0.0, 0.0),
        (37.0, 94.7, 185.7),
        (74.4, 46.2, 30.8),
        (109.2, 107.9, 45.8),
    ),
    stripes=((92.7, 70.3, 133.2), (65.9, 90.6, 86.6), (99.7, 70.5, 79.4)),
    post=(103.0, 103.0, 103.0),
    base=(159.2, 159.2, 159.2),
    head=(169.9, 169.9, 169.9),
    rod=(126.3, 126.3, 126.3),
    light=(-72.155, 54.032, 0.299, 0.915),
    ring=(51.36, 63.46, -25.05),
    post_size=(2.77, -22.96, -3.27),
    base_size=(4.48, 1.38),
    head_size=(1.61, 1.43, 1.63, 0.11),
    rod_size=(0.66, 18.02, 1.76),
    shapes=((4.6, 9.77), (6.67, 9.51), (4.87, 9.51), (5.21, 9.6), (6.49, 9.82), (4.71, 5.0)),
    small=0.703,
    horizontal=(-5.0, 175.0),
    vertical=(-90.0, 90.0),
    grain=0.0,
)


render = partial(render_scene, STYLE)
