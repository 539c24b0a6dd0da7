import torch

from . import BaseActor


class DiMPActor(BaseActor):
    def __init__(self, net, objective, loss_weight=None):
        super().__init__(net, objective)
        self.loss_weight = loss_weight or {"iou": 1.0, "test_clf": 1.0}

    def __call__(self, data):
        maps, scores = self.net(
            train_imgs=data["train_images"],
            test_imgs=data["test_images"],
            train_bb=data["train_anno"],
            test_proposals=data["test_proposals"],
        )
        clf = self.objective["test_clf"](maps[-1], data["test_label"], data["test_anno"])
        iou = self.loss_weight["iou"] * self.objective["iou"](scores, data["proposal_iou"])
        loss = iou + self.loss_weight["test_clf"] * clf
        stats = {"Loss/total": loss.item(), "Loss/iou": iou.item(), "Loss/target_clf": clf.item()}
        return loss, stats


class KLDiMPActor(BaseActor):
    needs_label = False

    def __init__(self, net, objective, loss_weight=None):
        super().__init__(net, objective)
        self.loss_weight = loss_weight or {"bb_ce": 1.0}

    def __call__(self, data):
        labels = {"train_label": data["train_label"]} if self.needs_label else {}
        maps, scores = self.net(
            train_imgs=data["train_images"],
            test_imgs=data["test_images"],
            train_bb=data["train_anno"],
            test_proposals=data["test_proposals"],
            **labels,
        )
        count = scores.shape[-1]
        valid = (data["test_anno"][:, :, 0] < 99999.0).view(-1)
        raw = self.objective["bb_ce"](
            scores.view(-1, count)[valid],
            sample_density=data["proposal_density"].view(-1, count)[valid],
            gt_density=data["gt_density"].view(-1, count)[valid],
            mc_dim=1,
        )
        loss = self.loss_weight["bb_ce"] * raw + self.loss_weight.get("test_clf", 0) * maps[-1].square().mean()
        if not torch.isfinite(loss):
            raise Exception("NaN or infinite loss")
        return loss, {"Loss/total": loss.item(), "Loss/bb_ce": raw.item()}


class DiMPSimpleActor(KLDiMPActor):
    needs_label = True


class KYSActor(BaseActor):
    def __init__(self, net, objective, loss_weight=None, dimp_jitter_fn=None):
        super().__init__(net, objective)
        self.loss_weight = loss_weight
        self.device = torch.device("cuda:0")


class ToMPActor(BaseActor):
    def __init__(self, net, objective, loss_weight=None):
        super().__init__(net, objective)
        self.loss_weight = loss_weight or {"giou": 1.0, "test_clf": 1.0}

    def __call__(self, data):
        maps, boxes = self.net(
            train_imgs=data["train_images"],
            test_imgs=data["test_images"],
            train_bb=data["train_anno"],
            train_label=data["train_label"],
            train_ltrb_target=data["train_ltrb_target"],
        )
        giou, ious = self.objective["giou"](boxes, data["test_ltrb_target"], data["test_sample_region"])
        clf = self.objective["test_clf"](maps, data["test_label"], data["test_anno"])
        centre = data["test_label"].flatten(2).argmax(-1).view(-1)
        rows = torch.arange(len(centre))
        at_centre = [x.flatten(3)[0, rows, :, centre].view(1, -1, 4, 1, 1) for x in (boxes, data["test_ltrb_target"])]
        _, centre_ious = self.objective["giou"](*at_centre)
        centre_ious[data["test_label"].flatten(2).amax(-1).view(-1) == 0] = 0
        loss = self.loss_weight["giou"] * giou + self.loss_weight["test_clf"] * clf
        if torch.isnan(loss):
            raise ValueError("NaN detected in loss")
        stats = {"Loss/total": loss.item(), "Loss/GIoU": giou.item(), "mIoU": ious.mean().item()}
        return loss, {**stats, "mIoU_pred_center": centre_ious.mean().item()}


class TaMOsActor(BaseActor):
    def __init__(self, net, objective, loss_weight=None, prob=False, plot_save=False, fg_cls_loss=False):
        super().__init__(net, objective)
        self.loss_weight = loss_weight or {"giou": 1.0, "test_clf": 1.0}

    def __call__(self, data):
        boxes = self.net(data["test_images"])
        target, region = data["test_ltrb_target"], data["test_sample_region"]
        giou, ious = self.objective["giou"](boxes, target.flatten(1, 2), region.flatten(1, 2))
        loss = self.loss_weight["giou"] * giou
        return loss, {"Loss/total": loss.item(), "Loss/GIoU": giou.item(), "mIoU_lowres": ious.mean().item()}
