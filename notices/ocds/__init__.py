"""Open data (开放数据): what is public of a project as OCDS 1.1.5 releases, each an act of publication of its own."""
