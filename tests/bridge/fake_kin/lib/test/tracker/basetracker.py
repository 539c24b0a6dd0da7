import cv2
import torch


class Preprocessor:
    def __init__(self):
        self.mean = torch.tensor([0.485, 0.456, 0.406]).view((1, 3, 1, 1)).cuda()

    def process(self, image, size):
        small = torch.from_numpy(cv2.resize(image, (size, size))).cuda().float().permute(2, 0, 1)
        return small[None] / 255.0 - self.mean


class BaseTracker:
    def __init__(self, params):
        self.params = params
        self.debug = params.debug
        self.preprocessor = Preprocessor()
        self.state = None

    def load(self, network):
        network.load_state_dict(torch.load(self.params.checkpoint, map_location="cpu")["net"], strict=True)
        self.network = network.cuda()
        self.network.eval()

    def initialize(self, image, info):
        self.template = self.preprocessor.process(image, self.params.template_size)
        self.state = info["init_bbox"]
        if self.params.save_all_boxes:
            return {"all_boxes": info["init_bbox"] * 2}

    def boxes(self, search):
        return self.network(self.template, search)["pred_boxes"]

    def track(self, image, info=None):
        height, width, _ = image.shape
        with torch.no_grad():
            boxes = self.boxes(self.preprocessor.process(image, self.params.search_size)).view(-1, 4)
        cx, cy, w, h = (boxes.mean(0) * boxes.new_tensor([width, height, width, height])).tolist()
        self.state = [cx - w / 2, cy - h / 2, max(w, 10), max(h, 10)]
        return {"target_bbox": self.state}
