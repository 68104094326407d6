"""Records (资料): every document filed under its subject as it is born, never changed, shown to those who may see."""
