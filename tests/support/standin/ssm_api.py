"""The operations of the SSM API that the tests need, answered in AWS's shapes.

Owns: operation + JSON body + verified caller → status and JSON body. It has no socket.
SOURCE: the service model of SSM (2014-11-06), and answers of the service that people published.
"""

import json
import re
import time
import uuid

SESSION_DOCUMENTS = {
    "SSM-SessionManagerRunShell", "AWS-StartPortForwardingSession",
    "AWS-StartPortForwardingSessionToRemoteHost", "AWS-StartSSHSession",
    "AWS-StartInteractiveCommand", "AWS-StartNonInteractiveCommand",
}
INSTANCE = "i-0123456789abcdef0"
UNCONNECTED = re.compile(r"m?i-0dead[0-9a-f]*")


class ApiError(Exception):
    """An answer of the service that says no. `kind` is its `__type`."""

    def __init__(self, kind, message=None):
        super().__init__(message or kind)
        self.kind = kind
        self.body = {"__type": kind} if message is None else {"__type": kind, "Message": message}


def is_known_document(name):
    """The session documents of AWS, in either spelling, and the caller's own `My-…` ones."""
    short = re.sub(r"^arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d*:document/", "", name)
    return short in SESSION_DOCUMENTS or short.startswith("My-")


def text_member(body, name, longest):
    value = body.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        raise ApiError("ValidationException", f"1 validation error detected: Value at "
                       f"'{name[0].lower() + name[1:]}' failed to satisfy constraint")
    return value


class SsmApi:
    def __init__(self, sessions):
        self._sessions = sessions
        self._operations = {
            "StartSession": self._start_session,
            "ResumeSession": self._resume_session,
            "TerminateSession": self._terminate_session,
            "DescribeInstanceInformation": self._describe_instances,
            "DescribeSessions": self._describe_sessions,
            "GetConnectionStatus": self._connection_status,
            "SendCommand": self._send_command,
        }

    def call(self, operation, raw_body, caller, region):
        """The answer's JSON value, or ApiError."""
        if operation not in self._operations:
            raise ApiError("UnknownOperationException")
        try:
            body = json.loads(raw_body)
        except ValueError as bad:
            raise ApiError("SerializationException") from bad
        if not isinstance(body, dict):
            raise ApiError("SerializationException")
        return self._operations[operation](body, caller, region)

    def _start_session(self, body, caller, region):
        target = text_member(body, "Target", 400)
        document = body.get("DocumentName")
        if document is not None and not is_known_document(document):
            raise ApiError("InvalidDocument", f"Document with name {document} does not exist.")
        if UNCONNECTED.fullmatch(target):
            raise ApiError("TargetNotConnected", f"{target} is not connected.")
        return self._sessions.start(caller, region, body).answer()

    def _resume_session(self, body, _caller, _region):
        session = self._sessions.find(text_member(body, "SessionId", 96))
        if session is None or session.status == "Terminated":
            raise ApiError("DoesNotExistException", "Session does not exist.")
        session.renew_token()
        return session.answer()

    def _terminate_session(self, body, _caller, _region):
        session_id = text_member(body, "SessionId", 96)
        session = self._sessions.find(session_id)
        if session is not None:
            self._sessions.terminate(session)
        return {"SessionId": session_id}

    def _describe_instances(self, _body, _caller, _region):
        return {"InstanceInformationList": [{
            "InstanceId": INSTANCE, "PingStatus": "Online", "LastPingDateTime": time.time(),
            "AgentVersion": "3.0.100.0", "IsLatestVersion": False, "PlatformType": "Linux",
            "PlatformName": "Debian GNU/Linux", "PlatformVersion": "12",
            "ResourceType": "EC2Instance", "IPAddress": "10.0.0.10",
            "ComputerName": "stand-in"}]}

    def _describe_sessions(self, body, _caller, _region):
        wanted = "Terminated" if body.get("State") == "History" else "Connected"
        return {"Sessions": [
            {"SessionId": session.session_id, "Target": session.target, "Status": session.status,
             "StartDate": time.time(), "DocumentName": session.document, "Reason": session.reason,
             "Owner": f"arn:aws:iam::111122223333:user/{session.caller}"}
            for session in self._sessions.all() if session.status == wanted]}

    def _connection_status(self, body, _caller, _region):
        target = text_member(body, "Target", 400)
        gone = UNCONNECTED.fullmatch(target)
        return {"Target": target, "Status": "notconnected" if gone else "connected"}

    def _send_command(self, body, _caller, _region):
        now = time.time()
        return {"Command": {
            "CommandId": str(uuid.uuid4()), "DocumentName": text_member(body, "DocumentName", 128),
            "InstanceIds": body.get("InstanceIds", []), "Targets": body.get("Targets", []),
            "Parameters": body.get("Parameters", {}), "Comment": body.get("Comment", ""),
            "RequestedDateTime": now, "ExpiresAfter": now + 7200, "Status": "Pending",
            "StatusDetails": "Pending", "TargetCount": 1, "CompletedCount": 0, "ErrorCount": 0}}
