from edge.core.detection import Detection


def test_a_detection_without_votes_has_its_label_alone():
    seen = Detection("ball", "8", (0.1, 0.2, 0.03, 0.05), 0.9)

    assert seen.labels == ()
    assert seen == Detection("ball", "8", (0.1, 0.2, 0.03, 0.05), 0.9, ())
