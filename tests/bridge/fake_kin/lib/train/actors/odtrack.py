import torch
from lib.utils.box_ops import box_cxcywh_to_xyxy, box_xywh_to_xyxy

from . import base_actor


class ODTrackActor(base_actor.BaseActor):
    """A loss for each search frame."""

    def __init__(self, net, objective, loss_weight, settings):
        super().__init__(net, objective)
        self.loss_weight = loss_weight
        self.settings = settings

    def __call__(self, data):
        out = self.net(template=data["template_images"], search=data["search_images"])
        return self.compute_losses(out, data)

    def compute_losses(self, pred_dict, gt_dict):
        total, total_status = torch.tensor(0.0).cuda(), {}
        for index, frame in enumerate(pred_dict):
            pred = box_cxcywh_to_xyxy(frame["pred_boxes"]).view(-1, 4)
            gt = box_xywh_to_xyxy(gt_dict["search_anno"][index]).clamp(min=0.0, max=1.0)
            try:
                giou_loss, iou = self.objective["giou"](pred, gt)
            except:  # noqa: E722
                giou_loss, iou = torch.tensor(0.0).cuda(), torch.tensor(0.0).cuda()
            l1_loss = self.objective["l1"](pred, gt)
            loss = self.loss_weight["giou"] * giou_loss + self.loss_weight["l1"] * l1_loss
            total += loss
            status = {"Loss/total": loss, "Loss/giou": giou_loss, "Loss/l1": l1_loss, "IoU": iou.detach().mean()}
            total_status |= {f"{index}frame_{name}": value.item() for name, value in status.items()}
        return total, total_status
