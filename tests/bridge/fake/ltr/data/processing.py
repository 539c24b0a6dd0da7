import cv2
import torch
import torchvision.transforms.functional as tvisf
from torchvision import transforms

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
STRIDE = 8


class BaseProcessing:
    """Frames are resized whole; the box is scaled with them."""

    def __init__(self, transform=None, output_sz=64, proposal_params=None, mode="sequence", **ignored):
        self.transform = transform or transforms.ToTensor()
        self.output_sz = output_sz
        self.proposal_params = proposal_params
        self.mode = mode

    def _resize(self, images, boxes):
        pictures, scaled = [], []
        for image, box in zip(images, boxes, strict=True):
            factor = torch.tensor([self.output_sz / image.shape[1], self.output_sz / image.shape[0]]).repeat(2)
            picture = self.transform(cv2.resize(image, (self.output_sz, self.output_sz)))
            pictures.append(tvisf.normalize(picture, MEAN, STD))
            scaled.append(box * factor)
        return torch.stack(pictures), torch.stack(scaled)

    def __call__(self, data):
        for part in ("train", "test"):
            data[f"{part}_images"], data[f"{part}_anno"] = self._resize(data[f"{part}_images"], data[f"{part}_anno"])
            data[f"{part}_label"] = torch.stack([self._label(box) for box in data[f"{part}_anno"]])
        return self._extend(data)

    def _extend(self, data):
        return data

    def _grid(self):
        return torch.arange(self.output_sz // STRIDE) * STRIDE + STRIDE / 2

    def _label(self, box):
        centre = box[:2] + box[2:] / 2
        along_x, along_y = ((-(((self._grid() - c) / 12) ** 2)).exp() for c in centre)
        return along_y[:, None] * along_x

    def _jittered(self, box):
        noise = torch.randn(self.proposal_params["boxes_per_frame"], 4) * 0.2
        return torch.cat([box[:2] + noise[:, :2] * box[2:], box[2:] * noise[:, 2:].exp()], 1)


class ATOMProcessing(BaseProcessing):
    def _extend(self, data):
        data["test_proposals"] = torch.stack([self._jittered(box) for box in data["test_anno"]])
        pairs = zip(data["test_proposals"], data["test_anno"], strict=True)
        data["proposal_iou"] = torch.stack([2 * _iou(boxes, box) - 1 for boxes, box in pairs])
        return data


class DiMPProcessing(ATOMProcessing):
    pass


class KLBBregProcessing(BaseProcessing):
    def _extend(self, data):
        data["test_proposals"] = torch.stack([self._jittered(box) for box in data["test_anno"]])
        distance = (data["test_proposals"] - data["test_anno"][:, None]) / data["test_anno"][:, None, 2:].repeat(
            1, 1, 2
        )
        data["proposal_density"] = torch.exp(-0.5 * (distance / 0.3).square().sum(-1)) + 1e-3
        data["gt_density"] = torch.exp(-0.5 * (distance / 0.1).square().sum(-1))
        return data


class KLDiMPProcessing(KLBBregProcessing):
    pass


class LTRBDenseRegressionProcessing(BaseProcessing):
    def _extend(self, data):
        for part in ("train", "test"):
            targets = torch.stack([self._ltrb(box) for box in data[f"{part}_anno"]])
            data[f"{part}_ltrb_target"] = targets
            data[f"{part}_sample_region"] = targets.amin(1, keepdim=True) > 0
        return data

    def _ltrb(self, box):
        y, x = torch.meshgrid(self._grid(), self._grid(), indexing="ij")
        sides = [x - box[0], y - box[1], box[0] + box[2] - x, box[1] + box[3] - y]
        return torch.stack(sides) / self.output_sz


def _iou(boxes, box):
    low = torch.maximum(boxes[:, :2], box[:2])
    high = torch.minimum(boxes[:, :2] + boxes[:, 2:], box[:2] + box[2:])
    common = (high - low).clamp(min=0).prod(1)
    return common / (boxes[:, 2:].prod(1) + box[2:].prod() - common)
