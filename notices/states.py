"""Life of a notice."""

from trading.kernel.states import Transitions

NOTICE = Transitions({("draft", "publish"): "published"})
TENDER_NOTICE = "tender-notice"
"""招标公告; its subject is the project, it speaks for all its lots."""
PDF_RECORD = "notice-pdf"
"""The kind of record the PDF of a notice is."""
