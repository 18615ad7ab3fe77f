"""python3 boto3_call.py OPERATION JSON: one call of boto3's SSM client, as one JSON line.

Prints the answer's plain members, or the error as a program sees it; exit status 0 or 1.
"""

import json
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def main(operation, arguments):
    client = boto3.client("ssm")
    try:
        answer = getattr(client, operation)(**json.loads(arguments))
    except ClientError as error:
        meta = error.response["ResponseMetadata"]
        print(json.dumps({"error": error.response["Error"]["Code"], "type": type(error).__name__,
                          "message": error.response["Error"]["Message"],
                          "status": meta["HTTPStatusCode"], "retries": meta["RetryAttempts"],
                          "request_id": meta.get("RequestId")}))
        return 1
    except BotoCoreError as error:
        print(json.dumps({"error": type(error).__name__, "message": str(error)}))
        return 1
    answer.pop("TokenValue", None)
    print(json.dumps(answer, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
