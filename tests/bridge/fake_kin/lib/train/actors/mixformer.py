import torch
from lib.utils.box_ops import box_cxcywh_to_xyxy, box_xywh_to_xyxy

from . import base_actor


class MixFormerActor(base_actor.BaseActor):
    def __init__(self, net, objective, loss_weight, settings, run_score_head=False):
        super().__init__(net, objective)
        self.loss_weight = loss_weight
        self.settings = settings
        self.run_score_head = run_score_head

    def __call__(self, data):
        out = self.net(data["template_images"][0], data["search_images"][0], run_score_head=self.run_score_head)
        pred = box_cxcywh_to_xyxy(out["pred_boxes"]).view(-1, 4)
        gt = box_xywh_to_xyxy(data["search_anno"][0]).clamp(min=0.0, max=1.0)
        try:
            ciou_loss, iou = self.objective["ciou"](pred, gt)
        except:  # noqa: E722
            ciou_loss, iou = torch.tensor(0.0).cuda(), torch.tensor(0.0).cuda()
        l1_loss = self.objective["l1"](pred, gt)
        loss = self.loss_weight["ciou"] * ciou_loss + self.loss_weight["l1"] * l1_loss
        if "pred_scores" in out:
            score_loss = self.objective["score"](out["pred_scores"], torch.ones_like(out["pred_scores"]))
            loss = score_loss * self.loss_weight["score"]
            return loss, {"Loss/total": loss.item(), "Loss/scores": score_loss.item()}
        return loss, {
            "Loss/total": loss.item(),
            "Loss/ciou": ciou_loss.item(),
            "Loss/l1": l1_loss.item(),
            "IoU": iou.detach().mean().item(),
        }
