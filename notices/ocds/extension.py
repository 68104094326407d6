"""The platform's own extension of the standard: what it adds, where it is documented; served as the standard asks.

Three fields, each optional: the digest of a document's bytes, and rank and score of a publicised candidate's bid.
"""

from typing import Any

FILES = ("extension.json", "release-schema.json")


def extension_file(name: str, base_url: str) -> dict[str, Any]:
    """One of its files."""
    return _about(base_url) if name == "extension.json" else _SCHEMA


def _about(base_url: str) -> dict[str, Any]:
    return {
        "name": {"zh": "公共资源交易平台", "en": "Public resource trading platform"},
        "description": {
            "zh": "文件的 SHA-256、中标候选人的排名和得分。",
            "en": "SHA-256 of documents; rank and score of the candidates for the award.",
        },
        "documentationUrl": {"zh": f"{base_url}/open-data", "en": f"{base_url}/open-data"},
        "compatibility": ["1.1"],
        "schemas": ["release-schema.json"],
    }


_SCHEMA: dict[str, Any] = {
    "definitions": {
        "Document": {
            "properties": {
                "sha256": {
                    "title": "SHA-256",
                    "description": "SHA-256 of the file's bytes in hexadecimal digits, as it stands in the journal.",
                    "type": ["string", "null"],
                    "pattern": "^[0-9a-f]{64}$",
                }
            }
        },
        "Bid": {
            "properties": {
                "rank": {
                    "title": "Rank",
                    "description": "Place of a publicised candidate in the ranking of the signed evaluation report.",
                    "type": ["integer", "null"],
                },
                "totalScore": {
                    "title": "Total score",
                    "description": "The candidate's score in that report, in points.",
                    "type": ["number", "null"],
                },
            }
        },
    }
}
