"""The trustee's program (开标密钥保管人程序): run by each trustee on his own machine, never by the platform.

His keys are made, kept and used only here. Before he signs an announcement, and again before he opens his shares, this
program checks by itself what the platform says: against what he signed, against the witnessed journal, against the
bidders' own envelopes. What does not hold is refused, and the refusal is signed.

It has a folder, a page on 127.0.0.1 and two addresses (platform, witness); no database, no store. No module here
imports SQLAlchemy or a service (tested).
"""
