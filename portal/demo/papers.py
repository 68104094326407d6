"""The papers of demonstration tenders: small, real PDF files, and the words of a notice."""

from weasyprint import HTML

TEXTS = {
    "overview": "本工程为市政道路综合改造，包括道路、排水、照明、绿化及附属设施，具体以招标文件为准。",
    "qualification": "投标人须具备市政公用工程施工总承包二级及以上资质，近三年无重大质量安全事故，不接受联合体投标。",
    "contact_name": "陈思远",
    "contact_phone": "0591-00000000",
    "contact_address": "临江市滨江路 1 号",
}


def tender_documents(name: str) -> dict[str, bytes]:
    """The tender document and the bill of quantities of a demonstration project."""
    pages = {
        "招标文件.pdf": f"<h1>{name}</h1><h2>招标文件</h2><p>投标须知、合同条款、技术标准与要求。</p>",
        "工程量清单.pdf": f"<h1>{name}</h1><h2>工程量清单</h2><p>分部分项工程量清单。</p>",
    }
    return {title: HTML(string=page).write_pdf() for title, page in pages.items()}
