from lib.utils.box_ops import box_xywh_to_xyxy

from . import artrack, base_actor


def SIoU_loss(test1, test2, theta=4):
    return artrack.SIoU_loss(test1, test2, theta)


class ARTrackSeqActor(base_actor.BaseActor):
    """Its trainer calls `explore` and `compute_sequence_losses` and never the actor."""

    def __init__(self, net, objective, loss_weight, settings):
        super().__init__(net, objective)
        self.loss_weight = loss_weight
        self.settings = settings

    def __call__(self, data):
        raise NotImplementedError

    def explore(self, data):
        out = self.net(data["template_images"][0], data["search_images"][0])
        return {"baseline": out["seq"].mean()}

    def compute_sequence_losses(self, data):
        out = self.net(data["template_images"][0].cuda(), data["search_images"][0].cuda())
        bins = out["seq"].new_tensor(range(out["seq"].shape[-1])) / out["seq"].shape[-1] * 2 - 0.5
        pred = (out["seq"].softmax(-1) * bins).sum(-1)
        gt = box_xywh_to_xyxy(data["search_anno"][-1]).clamp(min=0.0, max=1.0)
        sious, iou = SIoU_loss(pred, gt, 4)
        loss = self.loss_weight["giou"] * sious.mean() + self.loss_weight["l1"] * self.objective["l1"](pred, gt)
        return loss, {"Loss/total": loss.item(), "Loss/giou": sious.mean().item(), "IoU": iou.mean().item()}
