"""Mail: understanding what comes in, composing what goes out, and the wires to mailboxes and mail servers.

The reader (`parse` and what it uses) is pure and runs in killable workers (`pool`); nobody else looks inside raw
octets. Nothing here knows of Matrix, the journal or the rules.
"""
