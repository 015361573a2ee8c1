"""What is wrong with something an agency system asked for, in words its own staff can act on."""


class Mistake(Exception):
    """Something in the agency system cannot be carried on as it stands; nothing was sent.

    `code`: stable. `where`: the element, as the system names it (a FHIRPath, a column). `do`: what to
    change. None of them holds a value that was found there, so all may be written back and logged.
    """

    def __init__(self, code: str, where: str, do: str) -> None:
        """For example `missing`, `Task.owner.identifier`, `name the programme to ask`."""
        super().__init__(f"{code} at {where}: {do}")
        self.code = code
        self.where = where
        self.do = do
