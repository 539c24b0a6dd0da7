"""Which box term a checkout's actors train is read from their source, as those of PyTracking's kin write it."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.reading.box_terms import box_terms

MADE = "objective = {{{keys}}}\nactor = SomeActor(net=net, objective=objective{more})\n"
CALL = """
class SomeActor(BaseActor):
    def compute_losses(self, pred, gt):
        try:
            loss, iou = {call}
        except:
            loss, iou = 0, 0
        return self.objective['l1'](pred, gt) + loss
"""


TOKENS = CALL.replace("self.objective['l1'](pred, gt) + ", "")


def terms(tmp_path, script, *actors):
    (tmp_path / "script.py").write_text(script)
    files = []
    for number, text in enumerate(actors):
        files.append(tmp_path / f"actor{number}.py")
        files[-1].write_text(text)
    return box_terms([tmp_path / "script.py"], files)


@pytest.mark.parametrize(
    ("keys", "call", "term"),
    [
        ("'giou': giou_loss, 'l1': l1", "self.objective['giou'](pred, gt)", "giou"),
        ("'ciou': ciou_loss, 'l1': l1", "self.objective['ciou'](pred, gt)", "ciou"),
        ("'iou': siou_loss, 'l1': l1", "self.objective['iou'](pred, gt)", "iou"),
        ("'iou': mse, 'giou': giou_loss", "self.objective['giou'](pred, gt) + self.objective['iou'](a, b)", "giou"),
        ("'giou': giou_loss, 'l1': l1", "SIoU_loss(pred, gt, 4)", "SIoU_loss()"),
        ("'ce': ce", "self.objective['ce'](pred, gt), box_iou(pred, gt)", "none"),
        ("'mine': m, 'l1': l1", "self.objective['mine'](pred, gt)", "one that the source does not tell"),
    ],
)
def test_the_key_that_the_actor_calls_is_its_box_term(tmp_path, keys, call, term):
    actor = TOKENS if "l1" not in keys else CALL
    found = terms(tmp_path, MADE.format(keys=keys, more=""), actor.format(call=call))
    assert found == {term: ["SomeActor"]}


def test_objectives_made_elsewhere_leave_the_actor_to_tell(tmp_path):
    made = "actor = SomeActor(net, make_objective())\n"
    assert terms(tmp_path, made, CALL.format(call="self.objective['giou'](pred, gt)")) == {"giou": ["SomeActor"]}
    assert terms(tmp_path, made, CALL.format(call="self.objective.iou(pred, gt)")) == {"iou": ["SomeActor"]}
    assert terms(tmp_path, made, CALL.format(call="0, 0")) == {"one that the source does not tell": ["SomeActor"]}
    criterion = "class SomeActor:\n    def __call__(self, data):\n        return self.objective(data)['loss_giou']\n"
    assert terms(tmp_path, made, criterion) == {"a set criterion": ["SomeActor"]}


def test_a_score_head_is_told_where_the_actor_is_made(tmp_path):
    keys, actor = "'giou': giou_loss, 'score': bce", CALL.format(call="self.objective['giou'](pred, gt)")
    script = MADE.format(keys=keys, more=", run_score_head=True") + MADE.format(keys=keys, more="")
    assert terms(tmp_path, script, actor) == {"none but the score head": ["SomeActor"], "giou": ["SomeActor"]}


def test_what_a_base_class_calls_counts_unless_it_is_overridden(tmp_path):
    base = CALL.format(call="self.objective['giou'](pred, gt)")
    inherits = "class OtherActor(SomeActor):\n    pass\n"
    overrides = (
        "class OtherActor(SomeActor):\n    def compute_losses(self, p, g):\n        return self.objective['cls'](p)\n"
    )
    for other, term in ((inherits, "giou"), (overrides, "none")):
        script = MADE.format(keys="'giou': g, 'cls': c", more="").replace("SomeActor", "OtherActor")
        assert terms(tmp_path, script, base, other) == {term: ["OtherActor"]}


def test_an_actor_out_of_a_registry_is_told_by_its_own_source(tmp_path):
    made = "actor = registry.ACTORS[settings.script_name](net, cfg)\n"
    base = "class BaseActor:\n    pass\n"
    actor = CALL.format(call="self.objective['giou'](pred, gt)")
    assert terms(tmp_path, made, base, actor) == {"giou": ["SomeActor"]}


def test_actors_that_are_nowhere_and_files_that_are_no_python_are_left_out(tmp_path):
    assert terms(tmp_path, MADE.format(keys="'giou': g", more="")) == {}
    assert terms(tmp_path, "def run(:\n", "class SomeActor(:\n") == {}


@pytest.mark.parametrize(("loss", "term"), [("KLRegression", "a density over boxes"), ("MLRegression", "none")])
def test_actors_of_pytracking_are_known_by_what_their_head_learns(tmp_path, loss, term):
    script = f"objective = klreg.{loss}()\nactor = bbreg_actors.AtomBBKLActor(net=net, objective=objective)\n"
    assert terms(tmp_path, script, "class AtomBBKLActor:\n    pass\n") == {term: ["AtomBBKLActor"]}
