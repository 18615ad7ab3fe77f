"""Endpoints of regions that do not exist, each with a server of the test's own behind it."""

import json

from case import EndToEnd
from clients import ALICE, TARGET
from raw import exchange, signed
from servers import Server
from standin.tls import TestRoot


def endpoint(region):
    return f"ssm.{region}.amazonaws.com"


class Regions(EndToEnd):
    """One gateway; `serve` gives each region of a test a server of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ours = TestRoot(cls.world.stand_in.folder)

    @classmethod
    def restart_with(cls, addresses, **upstream):
        gateway = cls.world.gateway
        gateway.stop()
        config = json.loads(gateway.config_file.read_text())
        for region, address in addresses.items():
            config["upstream"]["resolve"][f"{endpoint(region)}:443"] = address
        config["upstream"].update(upstream)
        gateway.config_file.write_text(json.dumps(config))
        gateway.start()

    @classmethod
    def serve(cls, region, function, context="ours"):
        if context == "ours":
            context = cls.ours.leaf_context(endpoint(region))
        server = Server(function, context)
        cls.addClassCleanup(server.stop)
        return server

    def request(self, region, operation="DescribeSessions"):
        return signed(ALICE, operation, {"Target": TARGET}, endpoint(region), region)

    def ask(self, region, operation="DescribeSessions"):
        return exchange(self.world, self.request(region, operation), endpoint(region))
