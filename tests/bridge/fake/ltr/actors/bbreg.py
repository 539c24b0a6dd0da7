from . import BaseActor


class AtomActor(BaseActor):
    def __call__(self, data):
        scores = self.net(data["train_images"], data["test_images"], data["train_anno"], data["test_proposals"])
        count = scores.shape[-1]
        loss = self.objective(scores.view(-1, count), data["proposal_iou"].view(-1, count))
        return loss, {"Loss/total": loss.item(), "Loss/iou": loss.item()}


class AtomBBKLActor(BaseActor):
    def __call__(self, data):
        scores = self.net(data["train_images"], data["test_images"], data["train_anno"], data["test_proposals"])
        count = scores.shape[-1]
        densities = {
            "sample_density": data["proposal_density"].view(-1, count),
            "gt_density": data["gt_density"].view(-1, count),
        }
        loss = self.objective(scores.view(-1, count), mc_dim=1, **densities)
        return loss, {"Loss/total": loss.item(), "Loss/bb_ce": loss.item()}
