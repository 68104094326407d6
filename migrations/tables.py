"""Every table the code declares: the one place that imports the models of all packages.

New packages are found by their ``models`` module or folder, so nobody forgets to list one.
"""

import importlib
from pathlib import Path

from sqlalchemy import MetaData

from trading.kernel.db import Base

ROOT = Path(__file__).parent.parent
TOP_PACKAGES = ("trading", "notices", "bidding", "experts", "auction", "hall", "archive", "supervision", "portal")


def model_modules() -> list[str]:
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for package in TOP_PACKAGES
        for path in sorted((ROOT / package).rglob("models*"))
        if path.name in {"models.py", "models"}
    ]


def known_tables() -> MetaData:
    for name in model_modules():
        importlib.import_module(name)
    return Base.metadata
