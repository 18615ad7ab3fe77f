"""mitmproxy doing what is compared: dial the bench's origin, parse the JSON body, judge it."""

import json
import os

ORIGIN = os.environ["BENCH_ORIGIN"].split(":")


class Judge:
    def server_connect(self, data):
        data.server.address = (ORIGIN[0], int(ORIGIN[1]))

    def request(self, flow):
        body = json.loads(flow.request.content)
        if body["Parameters"]["host"] != ["db.internal.example.com"]:
            flow.kill()


addons = [Judge()]
