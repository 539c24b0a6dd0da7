"""timm's layers: what they compute, by torch's own operations, and that the rest can be imported and says no."""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

from siou_tracking.bridge.standins.packages import timm as timm_package
from siou_tracking.bridge.standins.packages import timm_layers as layers
from siou_tracking.bridge.standins.packages import timm_vit as vit
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.errors import InputError


def modules(monkeypatch, tmp_path, *imports):
    monkeypatch.setattr(timm_package, "import_failure", lambda module: "absent")
    found = timm_package.timm(Sources(tmp_path, None, frozenset(imports)))
    return {name: make(name) for name, make in found.modules.items()}


def test_the_names_of_every_version_are_there(monkeypatch, tmp_path):
    found = modules(monkeypatch, tmp_path, "timm.models.swin_transformer")
    assert found["timm.models.layers"].Mlp is found["timm.layers"].Mlp is layers.Mlp
    assert found["timm.models.vision_transformer"].VisionTransformer is vit.VisionTransformer
    assert found["timm.models.vision_transformer"]._cfg("at", crop_pct=1) == {"url": "at", "crop_pct": 1}
    assert found["timm.data"].IMAGENET_DEFAULT_MEAN == (0.485, 0.456, 0.406)
    assert found["timm.models.helpers"].named_apply and found["timm.models.registry"].register_model(len) is len
    for module, name in [("timm.models.helpers", "build_model_with_cfg"), ("timm.models.swin_transformer", "Swin")]:
        with pytest.raises(InputError, match=rf"{module}\.{name}.*not installed: pip install timm"):
            getattr(found[module], name)()


def test_dropped_paths_are_whole_samples_and_the_mean_stays():
    x = torch.ones(4000, 2, 3)
    y = layers.drop_path(x, 0.25, training=True)
    kept = y[:, 0, 0] > 0
    assert torch.equal(y[kept], torch.full_like(y[kept], 1 / 0.75)) and not y[~kept].any()
    assert abs(kept.float().mean() - 0.75) < 0.05
    assert layers.drop_path(x, 0.25) is x and layers.DropPath(0.25).eval()(x) is x


def test_a_perceptron_is_two_linear_layers():
    mlp, x = layers.Mlp(5, 7, 3, drop=0.5).eval(), torch.randn(2, 4, 5)
    hidden = functional.gelu(functional.linear(x, mlp.fc1.weight, mlp.fc1.bias))
    assert torch.equal(mlp(x), functional.linear(hidden, mlp.fc2.weight, mlp.fc2.bias))
    assert [name for name, _ in layers.Mlp(5, bias=(False, True)).named_parameters()] == [
        "fc1.weight",
        "fc2.weight",
        "fc2.bias",
    ]


def test_lecun_normal_has_variance_one_over_fan_in():
    weight = layers.lecun_normal_(torch.empty(500, 20, 2, 2))
    assert abs(weight.std().item() * math.sqrt(80) - 1) < 0.02 and abs(weight.mean().item()) < 0.01
    assert weight.abs().max() <= 2 / math.sqrt(80) / 0.8796


def test_modules_are_visited_from_the_inside_with_their_names():
    net = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
    seen = []
    assert layers.named_apply(lambda module, name: seen.append(name), net, include_root=True) is net
    assert seen == ["0", "1.0", "1", ""]
    seen.clear()
    layers.named_apply(lambda module, name: seen.append(name), net, depth_first=False)
    assert seen == ["0", "1", "1.0"]


@pytest.mark.parametrize(("value", "expected"), [(3, (3, 3)), ([1, 2], (1, 2)), ((4, 5), (4, 5)), ("ab", ("ab", "ab"))])
def test_pairs(value, expected):
    assert layers.to_2tuple(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(33, 32), (36, 40), (10, 16), (3, 8), (75, 72), (90, 88)])
def test_divisible_is_the_nearest_but_not_much_below(value, expected):
    assert layers.make_divisible(value) == expected


def test_the_transformer_is_attention_and_perceptrons_over_patches():
    net = vit.VisionTransformer(img_size=16, patch_size=8, embed_dim=12, depth=1, num_heads=3, num_classes=4).eval()
    nn.init.normal_(net.cls_token)
    x = torch.randn(2, 3, 16, 16)
    weight = net.patch_embed.proj.weight
    patches = functional.unfold(x, 8, stride=8).transpose(1, 2) @ weight.flatten(1).T + net.patch_embed.proj.bias
    tokens = torch.cat([net.cls_token.expand(2, 1, 12), patches], 1) + net.pos_embed
    block = net.blocks[0]
    query, key, value = block.attn.qkv(block.norm1(tokens)).split(12, dim=-1)
    heads = []
    for head in range(3):
        part = slice(4 * head, 4 * head + 4)
        scores = query[..., part] @ key[..., part].transpose(1, 2) / 2
        heads.append(scores.softmax(-1) @ value[..., part])
    tokens = tokens + block.attn.proj(torch.cat(heads, -1))
    tokens = tokens + block.mlp(block.norm2(tokens))
    torch.testing.assert_close(net(x), net.head(net.norm(tokens))[:, 0])
    assert net.norm.eps == 1e-6


def test_a_transformer_can_be_derived_from_and_refuses_other_initializations():
    class Derived(vit.VisionTransformer):
        def init_weights(self, mode=""):
            raise AssertionError("called while the parts of the derived class are not there yet")

    norm = partial(nn.LayerNorm, eps=1e-5)
    net = Derived(img_size=16, patch_size=8, embed_dim=12, depth=2, num_heads=3, norm_layer=norm, drop_path_rate=0.2)
    assert [block.drop_path.drop_prob for block in net.blocks if hasattr(block.drop_path, "drop_prob")] == [
        pytest.approx(0.2)
    ]
    with pytest.raises(InputError, match="weight_init 'jax'"):
        vit.VisionTransformer(img_size=16, patch_size=8, embed_dim=12, depth=1, num_heads=3, weight_init="jax")


def test_timm_itself_agrees():
    theirs = pytest.importorskip("timm.models.vision_transformer").VisionTransformer
    options = {"img_size": 16, "patch_size": 8, "embed_dim": 12, "depth": 2, "num_heads": 3, "num_classes": 4}
    one, other, x = theirs(**options).eval(), vit.VisionTransformer(**options).eval(), torch.randn(2, 3, 16, 16)
    other.load_state_dict(one.state_dict())
    torch.testing.assert_close(other(x), one(x))
