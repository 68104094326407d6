"""The trading core: kernel, pages, parties, records, projects (公共资源交易平台)."""
