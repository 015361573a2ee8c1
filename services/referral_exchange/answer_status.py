"""What an ASGI application answered, for those who stand around it."""

from dataclasses import dataclass

from starlette.types import Message, Send


@dataclass(slots=True)
class AnswerStatus:
    """A `send` to hand on in place of another; `status` is 500 until an answer begins."""

    sends: Send
    status: int = 500

    async def __call__(self, message: Message) -> None:
        """Sends it on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self.sends(message)
