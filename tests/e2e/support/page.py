"""The enrolment page, read as a person without a camera reads it."""

import re


def path_of(user):
    """The path of the page of a `user` that has just been created."""
    return "/" + user["enrolment_url"].split("/", 3)[3]


def open_page(client, user):
    """The page's path, and the key that it shows to type by hand."""
    path = path_of(user)
    page = client.request("GET", path)
    assert page.status == 200, f"{page.status}: {page.body.decode(errors='replace')}"
    key = re.search(r"<code[^>]*>([A-Z2-7\s]+)</code>", page.body.decode())
    return path, re.sub(r"\s", "", key.group(1))


def confirm(client, path, code):
    """Types a code into the page and submits it."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return client.request("POST", path, f"code={code}".encode(), headers)
