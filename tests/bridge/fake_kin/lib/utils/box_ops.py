import torch
from torchvision.ops.boxes import box_area


def box_cxcywh_to_xyxy(x):
    center, size = x[..., :2], x[..., 2:]
    return torch.cat([center - size / 2, center + size / 2], -1)


def box_xywh_to_xyxy(x):
    return torch.cat([x[..., :2], x[..., :2] + x[..., 2:]], -1)


def _common(boxes1, boxes2):
    low, high = torch.maximum(boxes1[:, :2], boxes2[:, :2]), torch.minimum(boxes1[:, 2:], boxes2[:, 2:])
    return (high - low).clamp(min=0).prod(-1)


def box_iou(boxes1, boxes2):
    common = _common(boxes1, boxes2)
    return common / (box_area(boxes1) + box_area(boxes2) - common)


def _enclosing(boxes1, boxes2):
    return torch.minimum(boxes1[:, :2], boxes2[:, :2]), torch.maximum(boxes1[:, 2:], boxes2[:, 2:])


def giou_loss(boxes1, boxes2):
    assert (boxes1[:, 2:] >= boxes1[:, :2]).all()
    assert (boxes2[:, 2:] >= boxes2[:, :2]).all()
    iou = box_iou(boxes1, boxes2)
    common = _common(boxes1, boxes2)
    union = box_area(boxes1) + box_area(boxes2) - common
    low, high = _enclosing(boxes1, boxes2)
    area = (high - low).prod(-1)
    return (1 - iou + (area - union) / area).mean(), iou


def ciou_loss(boxes1, boxes2):
    assert (boxes1[:, 2:] >= boxes1[:, :2]).all()
    iou = box_iou(boxes1, boxes2)
    low, high = _enclosing(boxes1, boxes2)
    apart = (boxes1[:, :2] + boxes1[:, 2:] - boxes2[:, :2] - boxes2[:, 2:]).square().sum(-1) / 4
    return (1 - iou + apart / (high - low).square().sum(-1)).mean(), iou
