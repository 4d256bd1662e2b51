import pytest

from cloud.core import options
from cloud.core.errors import Wrong
from edge.wire.tasks import Result

VOCABULARY = {
    "party": "microphone cup bottle dice card hand person score-panel",
    "billiards": "ball cue pocket table",
    "tabletop": "piece board card dice avatar score-panel",
    "game": "score-panel avatar",
    "fitness": "dumbbell rope person",
    "food": "chopsticks spoon dish bowl cup bottle",
    "shop": "product person",
}
TARGETS = {
    "party": "raised emptied lifted moved shown sign score-above note-held perfect-line",
    "billiards": "pocketed hits moved stopped-in",
    "tabletop": "moved brought-to captured shown value-reached",
    "game": "value-reached gone appears",
    "fitness": "moved exercised skipped",
    "food": "used eaten emptied lifted",
    "shop": "shown lifted opened",
}


@pytest.mark.parametrize("scene", VOCABULARY)
def test_every_kind_and_target_of_the_vocabulary_is_offered(scene):
    kinds = options.kinds(scene)
    offered = {option.id for kind in kinds for option in options.targets(scene, kind)}

    assert set(VOCABULARY[scene].split()) | {"thing"} == set(kinds)
    assert set(TARGETS[scene].split()) <= offered
    assert {"moved", "lifted", "gone", "back", "brought-to"} <= {
        option.id for option in options.targets(scene, "thing")
    }


def test_everything_has_a_name_in_both_languages():
    for scene in options.scenes():
        for kind in options.kinds(scene):
            assert all(options.name(kind))
            assert all(option.name_zh and option.name_en for option in options.targets(scene, kind))
    assert all(option.name_zh and option.name_en for option in options.results())


def test_an_unknown_kind_is_a_thing():
    assert options.targets("billiards", "teapot") == options.targets("billiards", "thing")


def test_gifts_have_pictures_and_prices():
    gifts = {gift.name_zh: gift for gift in options.gifts()}

    assert {"神来之手", "一杆封神"} <= set(gifts)
    assert all(gift.points > 0 and gift.picture and gift.result == "gift" for gift in gifts.values())
    assert [gift.points for gift in options.gifts()] == sorted(gift.points for gift in options.gifts())


@pytest.mark.parametrize(
    "target", ["pocketed", "pocketed(top-left)", "hits(ball:8)", "hits(ball)", "moved", "stopped-in(0.5,0.5)"]
)
def test_a_target_that_is_offered_may_be_set(target):
    options.check_target("billiards", "ball", target)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("eaten", "choose pocketed, hits"),
        ("hits", "needs an element"),
        ("hits(BALL!)", "an element such as"),
        ("moved(3)", "takes no value"),
    ],
)
def test_a_wrong_target_says_what_to_choose(target, says):
    with pytest.raises(Wrong, match=says):
        options.check_target("billiards", "ball", target)


def test_counts_and_seconds_must_be_numbers():
    options.check_target("fitness", "dumbbell", "exercised(10)")
    options.check_target("party", "microphone", "note-held(5)")
    for wrong in ("exercised(0)", "exercised(ten)", "exercised"):
        with pytest.raises(Wrong):
            options.check_target("fitness", "dumbbell", wrong)


def test_the_hub_sets_the_price():
    assert options.priced(Result(kind="gift", id="one-shot", points=1)).points == 188
    assert options.priced(Result(kind="sticker", id="fire", points=99)).points == 0
    assert options.priced(Result(kind="caption", text="太强了")).text == "太强了"


def test_the_hub_says_what_a_result_is_called_and_not_the_one_who_asks():
    asked = Result(kind="gift", id="one-shot", name_zh="别的", name_en="Another", picture="/evil.png")

    kept = options.priced(asked)

    assert (kept.name_zh, kept.name_en, kept.picture) == ("一杆封神", "One-shot legend", "🎱")
    own = options.priced(Result(kind="caption", text="太强了", name_en="Another", picture="/evil.png"))
    assert (own.name_zh, own.name_en, own.picture) == (None, None, "")


@pytest.mark.parametrize(
    "result",
    [Result(kind="gift"), Result(kind="gift", id="moon"), Result(kind="caption"), Result(kind="picture")],
)
def test_what_is_not_in_the_catalogue_is_refused(result):
    with pytest.raises(Wrong):
        options.priced(result)


@pytest.mark.parametrize(
    ("words", "scene", "kind", "target"),
    [
        ("进洞送礼", "billiards", "ball", "pocketed"),
        ("进洞即送～", "billiards", "ball", "pocketed"),
        ("a gift if you pot it", "billiards", "ball", "pocketed"),
        ("撞到别的球就送", "billiards", "ball", "hits"),
        ("使用哑铃进行运动即送礼", "fitness", "dumbbell", "exercised"),
        ("做10个锻炼送火箭", "fitness", "dumbbell", "exercised(10)"),
        ("跳绳二十个", "fitness", "rope", "skipped(20)"),
        ("跳绳十五个", "fitness", "rope", "skipped(15)"),
        ("吃完就送", "food", "dish", "eaten"),
        ("用筷子夹一个", "food", "chopsticks", "used"),
        ("干杯送啤酒", "party", "cup", "emptied"),
        ("hold the note for 5 seconds", "party", "microphone", "note-held(5)"),
        ("你好", "billiards", "ball", None),
        ("", "billiards", "ball", None),
    ],
)
def test_free_words_find_their_target(words, scene, kind, target):
    assert options.understand(words, scene, kind) == target
