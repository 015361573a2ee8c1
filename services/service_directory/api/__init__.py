"""The HTTP interface: search, HSDS in and out, enrolment. Loopback unless settings say otherwise."""
