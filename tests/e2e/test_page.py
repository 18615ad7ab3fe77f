"""The page of the admin listener in a headless Chromium: what it shows, that it shows it as text,
that it follows, and that it can be used on a narrow screen and without a mouse.

SSMGATE_SCREENSHOTS=FOLDER keeps a picture of each colour scheme and width, to be looked at.
"""

import json
import os
import unittest
from pathlib import Path

import browser
import raw
import session_client
from case import EndToEnd
from clients import ALICE
from test_admin import address_of, ask
from world import POLICY

EVIL = "<img src=x onerror=alert(1)>"
RULES = """\
  - id: nobody-ever
    documents: [AWS-StartSSHSession]
    ports: [22]
    users: [nobody]
"""


class Page(EndToEnd):
    policy = POLICY.replace("operations:\n", RULES + "operations:\n")

    @classmethod
    def setUpClass(cls):
        if browser.find() is None:
            raise unittest.SkipTest("chromium is missing: scripts/install-dependencies test")
        super().setUpClass()
        cls.browser = browser.Browser(cls.world.folder / "browser", cls.world.surroundings())
        cls.addClassCleanup(cls.browser.close)
        cls.url = f"http://{address_of(cls.world.gateway)}/"

    def setUp(self):
        super().setUp()
        self.browser.troubles.clear()

    def ask_for(self, **parameters):
        body = json.dumps({"Target": "i-0123456789abcdef0", **parameters}).encode()
        return raw.exchange(self.world, raw.signed(ALICE, "StartSession", body))

    def refuse(self, host="billing.internal", port="5432"):
        self.ask_for(DocumentName="AWS-StartPortForwardingSessionToRemoteHost",
                     Parameters={"host": [host], "portNumber": [port]})

    def show(self, width=1280, scheme="light"):
        self.browser.open(self.url, width, scheme)
        self.browser.wait("document.querySelector('#badge')?.textContent === 'healthy'",
                          "the page to say that it is healthy")

    def text(self, selector):
        return self.browser.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")

    def test_it_shows_what_is_in_force_and_what_was_refused(self):
        self.ask_for()
        self.refuse()
        self.ask_for(Extra="x")
        self.show()
        self.browser.wait("document.querySelectorAll('#refusals li').length >= 2", "the refusals")
        refusals = self.text("#refusals")
        self.assertIn("no-rule", refusals)
        self.assertIn("unknown-member", refusals)
        self.assertIn("billing.internal:5432", refusals)
        self.assertIn("nobody-ever", self.text("#policy"))
        never = self.browser.evaluate(
            "[...document.querySelectorAll('#rules-table tr')]"
            ".filter((row) => row.innerText.includes('never matched'))"
            ".map((row) => row.cells[0].innerText)")
        self.assertIn("nobody-ever", never)
        self.assertNotIn("shell", never)
        self.assertIn(str(self.world.gateway.audit_file), self.text("#gateway"))
        self.assertGreater(self.browser.evaluate(
            "document.querySelectorAll('#plot .denied, #plot .odd').length"), 0)
        self.assertEqual(self.browser.troubles, [])

    def test_who_is_in_what_session(self):
        self.show()
        self.browser.wait("!document.querySelector('#sessions').hidden", "the sessions")
        session_client.start(self.world, document=session_client.FORWARD)
        self.browser.wait("document.querySelector('#sessions tbody tr') !== null", "the session")
        row = self.text("#sessions tbody tr")
        for word in ("127.0.0.1", "AWS-StartPortForwardingSession", session_client.TARGET):
            self.assertIn(word, row)
        self.assertEqual(self.browser.troubles, [])

    def test_it_follows_by_itself(self):
        self.show()
        before = self.browser.evaluate("document.querySelectorAll('#refusals li').length")
        self.refuse("follow-me.internal")
        self.browser.wait(
            "document.querySelector('#refusals li')?.innerText.includes('follow-me.internal')",
            "the new refusal")
        self.assertGreater(self.browser.evaluate(
            "document.querySelectorAll('#refusals li').length"), before)
        self.assertEqual(self.browser.troubles, [])

    def test_what_a_client_sent_is_text(self):
        self.ask_for(DocumentName=EVIL)
        self.refuse(host=EVIL)
        self.ask_for(**{EVIL: "x"})
        self.ask_for(Reason=EVIL, DocumentName="AWS-StartSSHSession")
        self.show()
        self.browser.wait("document.querySelector('#refusals').textContent.includes('onerror')",
                          "the refusal that holds markup")
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('main img').length"), 0)
        self.assertEqual(self.browser.troubles, [])

    def test_it_can_be_used_without_a_mouse(self):
        self.refuse()
        self.show()
        self.browser.wait("document.querySelector('#refusals summary') !== null", "a refusal")
        for _ in range(12):
            self.browser.press("Tab")
            if self.browser.evaluate("document.activeElement.id === 'plot'"):
                break
        self.assertEqual(self.browser.evaluate("document.activeElement.id"), "plot")
        self.browser.press("ArrowLeft")
        self.assertIn("denied", self.text("#reading"))
        for _ in range(12):
            self.browser.press("Tab")
            if self.browser.evaluate("document.activeElement.tagName === 'SUMMARY'"):
                break
        self.browser.press("Enter")
        self.browser.wait("document.querySelector('#refusals details').open", "the details")
        self.assertIn("request id", self.text("#refusals details"))
        self.assertEqual(self.browser.troubles, [])

    def test_every_scheme_and_width(self):
        for port in ("5432", "3306", "5432"):
            self.refuse(host="orders-with-a-rather-long-name.reporting.eu-west-1.example.internal",
                        port=port)
        grounds = set()
        for scheme in ("light", "dark"):
            for width in (1280, 360):
                self.show(width, scheme)
                self.browser.wait("document.querySelector('#refusals li') !== null", "a refusal")
                wide = self.browser.evaluate("document.documentElement.scrollWidth")
                self.assertLessEqual(wide, self.browser.evaluate(
                    "document.documentElement.clientWidth"), f"{scheme}, {width} px: it scrolls sideways")
                grounds.add((scheme, self.browser.evaluate(
                    "getComputedStyle(document.body).backgroundColor")))
                folder = os.environ.get("SSMGATE_SCREENSHOTS")
                if folder:
                    self.browser.screenshot(Path(folder) / f"{scheme}-{width}.png")
        self.assertEqual(len(grounds), 2)
        self.assertEqual(self.browser.troubles, [])

    def test_its_security_lets_its_own_script_run_and_no_other(self):
        _, page, fields = ask(self.world.gateway, "GET", "/")
        security = fields["Content-Security-Policy"]
        for part in ("default-src 'none'", "script-src 'sha256-", "style-src 'sha256-",
                     "connect-src 'self'", "frame-ancestors 'none'"):
            self.assertIn(part, security)
        self.assertNotIn("unsafe", security)
        for forbidden in (b" onclick=", b" onload=", b"innerHTML", b"https://", b"style=\""):
            self.assertNotIn(forbidden, page)
        self.show()
        self.assertEqual(self.browser.evaluate(
            "(() => { try { document.body.innerHTML = '<b>x</b>'; return 'taken'; }"
            " catch (error) { return error.name; } })()"), "TypeError")


if __name__ == "__main__":
    unittest.main()
