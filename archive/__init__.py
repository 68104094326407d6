"""档案 (archive): what a project must leave behind, sealed as one package nobody can delete."""
