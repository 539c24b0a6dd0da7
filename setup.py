"""Which folders are the package: two of them, which pyproject.toml cannot say; it has all the rest."""

from setuptools import find_packages, setup

CONFIGS = ["siou_tracking.configs" + name for name in ("", *("." + name for name in find_packages("ltr_configs")))]

setup(
    packages=find_packages(include=["siou_tracking", "siou_tracking.*"]) + CONFIGS,
    package_dir={"siou_tracking.configs": "ltr_configs"},
)
