import torch
from lib.utils.box_ops import box_cxcywh_to_xyxy, box_xywh_to_xyxy

from . import base_actor


class STARKSActor(base_actor.BaseActor):
    def __init__(self, net, objective, loss_weight, settings):
        super().__init__(net, objective)
        self.loss_weight = loss_weight
        self.settings = settings

    def __call__(self, data):
        out = self.net(data["template_images"][0], data["search_images"][0])
        return self.compute_losses(out, data["search_anno"][0])

    def compute_losses(self, pred_dict, gt_bbox):
        pred = box_cxcywh_to_xyxy(pred_dict["pred_boxes"]).view(-1, 4)
        gt = box_xywh_to_xyxy(gt_bbox).clamp(min=0.0, max=1.0)
        try:
            giou_loss, iou = self.objective["giou"](pred, gt)
        except:  # noqa: E722
            giou_loss, iou = torch.tensor(0.0).cuda(), torch.tensor(0.0).cuda()
        l1_loss = self.objective["l1"](pred, gt)
        loss = self.loss_weight["giou"] * giou_loss + self.loss_weight["l1"] * l1_loss
        return loss, {
            "Loss/total": loss.item(),
            "Loss/giou": giou_loss.item(),
            "Loss/l1": l1_loss.item(),
            "IoU": iou.detach().mean().item(),
        }


class STARKSTActor(STARKSActor):
    """Second stage: the score head alone."""

    def __call__(self, data):
        logits = self.net(data["template_images"][0], data["search_images"][0])["pred_logits"]
        loss = self.loss_weight["cls"] * self.objective["cls"](logits, torch.ones_like(logits))
        return loss, {"cls_loss": loss.item()}
