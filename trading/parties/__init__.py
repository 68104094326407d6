"""Who acts (主体): organisations, people, accounts, memberships, sessions, tokens and certificates.

Person ≠ account ≠ membership: a person (自然人) signs in through an account and acts for an organisation through a
membership with roles. Rights never travel from one membership to another.
"""
