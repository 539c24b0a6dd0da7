import cv2
import torch


class STARKProcessing:
    """Frames are resized whole; boxes are divided by the frame's sides."""

    def __init__(self, output_sz, settings=None):
        self.output_sz = output_sz
        self.settings = settings

    def __call__(self, data):
        for part in ("template", "search"):
            images, boxes = [], []
            for image, box in zip(data[f"{part}_images"], data[f"{part}_anno"], strict=True):
                height, width = image.shape[:2]
                boxes.append(box / torch.tensor([width, height, width, height]))
                small = cv2.resize(image, (self.output_sz[part],) * 2)
                images.append(torch.from_numpy(small).permute(2, 0, 1).float() / 255 + torch.rand(1) * 0.1)
            data[f"{part}_images"], data[f"{part}_anno"] = torch.stack(images), torch.stack(boxes)
        data["valid"] = True
        return data
