"""What a browser would send of an editor's form."""

from html.parser import HTMLParser

from django.test import Client

HTMX = {"HX-Request": "true"}


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


class Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.inside, self.text_of, self.select = False, "", ""
        self.sent: dict[str, str] = {}

    def handle_starttag(self, tag, attrs):
        one = dict(attrs)
        if tag == "form":
            self.inside = one.get("id") == "editor"
        if not self.inside:
            return
        if tag == "input" and (one.get("type") != "checkbox" or "checked" in one):
            self.sent[one.get("name", "")] = one.get("value", "on" if one.get("type") == "checkbox" else "")
        if tag == "textarea":
            self.text_of = one["name"]
            self.sent[self.text_of] = ""
        if tag == "select":
            self.select = one["name"]
        if tag == "option" and "selected" in one:
            self.sent[self.select] = one.get("value", "")
            self.text_of = "" if one.get("value") else self.select

    def handle_data(self, data):
        if self.inside and self.text_of:
            self.sent[self.text_of] += data

    def handle_endtag(self, tag):
        if tag in ("textarea", "option"):
            self.text_of = ""
        if tag == "form":
            self.inside = False


def fields_of(html: str) -> dict[str, list[str]]:
    """What a browser would send of the editor's form."""
    parser = Fields()
    parser.feed(html)
    return {name: [value] for name, value in parser.sent.items() if name}
