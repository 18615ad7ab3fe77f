"""The sessions of the stand-in: who started what, and the token that opens its channel.

Owns the table of sessions. Its ids and addresses have AWS's form.
"""

import secrets
from dataclasses import dataclass, field


@dataclass
class Session:
    session_id: str
    caller: str
    target: str
    document: str
    parameters: dict
    region: str
    reason: str = ""
    token: str = ""
    status: str = "Connected"
    agent: object = field(default=None, repr=False)  # made when its channel is first opened

    @property
    def stream_url(self):
        return (f"wss://ssmmessages.{self.region}.amazonaws.com/v1/data-channel/"
                f"{self.session_id}?role=publish_subscribe")

    def renew_token(self):
        self.token = "AAEAAStandInTokenValue" + secrets.token_hex(24)

    def answer(self):
        return {"SessionId": self.session_id, "TokenValue": self.token,
                "StreamUrl": self.stream_url}


class Sessions:
    def __init__(self):
        self._by_id = {}

    def start(self, caller, region, body):
        session = Session(f"{caller.user}-0{secrets.token_hex(8)}", caller.user, body["Target"],
                          body.get("DocumentName", "SSM-SessionManagerRunShell"),
                          body.get("Parameters", {}), region, body.get("Reason", ""))
        session.renew_token()
        self._by_id[session.session_id] = session
        return session

    def find(self, session_id):
        return self._by_id.get(session_id)

    def all(self):
        return list(self._by_id.values())

    def terminate(self, session):
        session.status, session.token = "Terminated", ""
        if session.agent is not None:
            session.agent.end()
