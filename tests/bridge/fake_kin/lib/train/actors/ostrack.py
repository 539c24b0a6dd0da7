import torch
from lib.utils.box_ops import box_cxcywh_to_xyxy, box_xywh_to_xyxy

from . import base_actor


class OSTrackActor(base_actor.BaseActor):
    def __init__(self, net, objective, loss_weight, settings, cfg=None):
        super().__init__(net, objective)
        self.loss_weight = loss_weight
        self.settings = settings
        self.bs = self.settings.batchsize
        self.cfg = cfg

    def __call__(self, data):
        out = self.net(template=data["template_images"][0], search=data["search_images"][0])
        return self.compute_losses(out, data)

    def compute_losses(self, pred_dict, gt_dict, return_status=True):
        pred = box_cxcywh_to_xyxy(pred_dict["pred_boxes"]).view(-1, 4)
        gt = box_xywh_to_xyxy(gt_dict["search_anno"][-1]).clamp(min=0.0, max=1.0)
        try:
            giou_loss, iou = self.objective["giou"](pred, gt)
        except:  # noqa: E722
            giou_loss, iou = torch.tensor(0.0).cuda(), torch.tensor(0.0).cuda()
        l1_loss = self.objective["l1"](pred, gt)
        location_loss = self.objective["focal"](pred_dict["score_map"], torch.ones_like(pred_dict["score_map"]))
        loss = (
            self.loss_weight["giou"] * giou_loss
            + self.loss_weight["l1"] * l1_loss
            + self.loss_weight["focal"] * location_loss
        )
        return loss, {
            "Loss/total": loss.item(),
            "Loss/giou": giou_loss.item(),
            "Loss/l1": l1_loss.item(),
            "Loss/location": location_loss.item(),
            "IoU": iou.detach().mean().item(),
        }
