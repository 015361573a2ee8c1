"""What stops a look at an exchange."""


class LookFailed(Exception):
    """Base of what is raised here on purpose; its text says what to do and repeats no stranger's words."""


class BrokerAway(LookFailed):
    """The broker did not answer; the message names the address."""
