import dataclasses

import numpy as np
import pytest

from edge.core.picture import PictureFrame


def test_a_frame_gets_its_stamp_in_a_copy_that_shares_the_pixels():
    frame = PictureFrame(np.zeros((4, 6, 3), np.uint8), at_s=1.5)

    stamped = dataclasses.replace(frame, rtp=90_000)

    assert stamped.rtp == 90_000
    assert stamped.pixels is frame.pixels
    with pytest.raises(dataclasses.FrozenInstanceError):
        frame.rtp = 1
