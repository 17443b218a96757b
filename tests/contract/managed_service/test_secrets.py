# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract line 9: a secret is in the files that are to hold it, and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
    Result,
    step,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    ETC,
    OWNERS,
    Service,
    config,
    prometheus,
    rule,
    unit,
)

WORD = "Zq9-correct-horse-battery"
OLD_WORD = "Yp8-earlier-horse-battery"
BCRYPT = "$2b$04$abcdefghijklmnopqrstuuzQDw2v3CQSMowG.sq3X.nH1lfmlmQMW"
SLASHED = "/Xk7+begins/with/a/slash=="
LISTED = "Vn5-listed-by-the-caller"
PROBE = "Ws6-password-of-the-probe"
QUOTED = "Um4-has-\"quotes\"-and-'more'"
NUMBER = 837465920134
LINES = ["Tl3-first-line-of-a-block", "Sk2-second-line-of-a-block"]
ALL = [WORD, OLD_WORD, BCRYPT, SLASHED, LISTED, PROBE, QUOTED, str(NUMBER), *LINES]

SECRET_FILE = {"group": "prometheus", "mode": "0640", "secret": True, "on_change": "none"}


def service(word: str = WORD, **arguments: t.Any) -> Service:
    """Prometheus with secrets of all kinds."""
    more = {"bearer": SLASHED, "quoted": QUOTED, "number": NUMBER, "block": "\n".join(LINES) + "\n"}
    files = [
        {"dest": f"{ETC}/password", "content": word, **SECRET_FILE},
        {"dest": f"{ETC}/web.yml", "content": {"basic_auth_users": {"probe": BCRYPT}}, **SECRET_FILE},
        {"dest": f"{ETC}/more.yml", "content": more, **SECRET_FILE},
    ]
    values: Service = {
        "files": files,
        "secrets": [LISTED],
        "ready": {"url": "http://127.0.0.1:9090/-/ready", "timeout": 20, "username": "probe", "password": PROBE},
    }
    return prometheus(**{**values, **arguments})


def forms(secret: str) -> dict[str, str]:
    """A secret and what it can be guessed from."""
    found = {"itself": secret, "as JSON": json.dumps(secret)[1:-1]}
    for text in (secret, secret + "\n"):
        for name in ("md5", "sha1", "sha256", "sha512"):
            found[f"{name} of {len(text)}"] = hashlib.new(name, text.encode()).hexdigest()
        found[f"base64 of {len(text)}"] = base64.b64encode(text.encode()).decode().rstrip("=")
    return found


def assert_no_secret(where: str, text: str, but_not: t.Container[str] = ()) -> None:
    found = [
        f"{secret[:5]}… {form}"
        for secret in ALL
        for form, value in forms(secret).items()
        if value in text and secret not in but_not
    ]
    assert not found, f"{where} has: {', '.join(found)}"


SAMPLER = r"""
import glob, sys, time
secrets, end, found = [s.encode() for s in sys.argv[2:]], time.time() + float(sys.argv[1]), set()
own = b"/var/tmp/contract-sampler"
rounds = 0
while time.time() < end:
    rounds += 1
    for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
        try:
            text = open(path, "rb").read()
        except OSError:
            continue
        if own not in text:
            found.update((path.split("/")[-1], secret) for secret in secrets if secret in text)
    try:
        open("/var/tmp/contract-sampler-stop").close()
        break
    except OSError:
        pass
print("rounds", rounds)
print(found or "nothing")
"""


class Watch:
    """Looks into all processes of the host while the body runs, and into everything else afterwards."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def __enter__(self) -> Watch:
        self._machine.write("/var/tmp/contract-sampler.py", SAMPLER)
        self._machine.sh("rm -f /var/tmp/contract-sampler-stop")
        self._since = self._machine.sh("date +%s")
        words = " ".join("'" + secret.replace("'", "'\\''") + "'" for secret in ALL)
        self._sampler = self._machine.background(f"exec python3 /var/tmp/contract-sampler.py 120 {words}")
        return self

    def __exit__(self, *_exception: object) -> None:
        self._machine.sh("touch /var/tmp/contract-sampler-stop")
        sampled = self._sampler.communicate()[0].decode()
        assert "nothing" in sampled, f"in a command line or environment: {sampled}"
        rounds = int(sampled.split()[1])
        assert rounds > 5, "the test itself: it did not look often enough"
        self._journal()
        for path in ("/var/lib/enterprise_tickets_observability", "/run/enterprise_tickets_observability"):
            text = self._machine.sh(f"find {path} -type f -exec cat {{}} + ; find {path}", check=False)
            assert_no_secret(path, text)
        self._files()

    def _journal(self) -> None:
        """What the service says itself is its own affair; everybody else's lines are ours."""
        text = self._machine.sh(f"journalctl --since @{self._since} -o json --all")
        lines = [json.loads(line) for line in text.splitlines()]
        ours = [line for line in lines if line.get("_SYSTEMD_UNIT") != "prometheus.service"]
        assert any("managed_service_apply" in str(line) for line in ours), (
            "the test itself: the module's line is not there"
        )
        assert_no_secret("the journal", json.dumps(ours))

    def _files(self) -> None:
        """Every file of the host: temporary files of Ansible, backups, anything."""
        patterns = "\n".join(ALL)
        self._machine.write("/var/tmp/contract-patterns", patterns)
        places = "/etc /var/lib /var/tmp /var/cache /root /home /tmp /run /usr/local /opt /srv"
        found = self._machine.sh(f"grep -rlaF -f /var/tmp/contract-patterns {places} 2>/dev/null").split()
        self._machine.sh("rm /var/tmp/contract-patterns")
        allowed = {f"{ETC}/password", f"{ETC}/web.yml", f"{ETC}/more.yml", "/var/tmp/contract-patterns"}
        strangers = [path for path in found if path not in allowed and "/log/journal/" not in path]
        assert not strangers, f"files with a secret: {strangers}"


def assert_result_is_silent(result: Result, record: str) -> None:
    assert_no_secret("the output of ansible-playbook -vvvv --diff", result.output)
    assert_no_secret("the result that callbacks get", record)


def run(controller: Controller, *services: Service, **options: t.Any) -> list[Result]:
    """Deploy with all that Ansible can be made to say, and look at all of it."""
    results = controller.play([step(item, ignore_errors=True) for item in services], verbosity=4, **options)
    for result in results:
        assert "Traceback" not in result.output, result.output
        assert_result_is_silent(result, json.dumps(result.data))
    return results


@pytest.mark.parametrize("pipelining", ["1", "0"], ids=["pipelining", "files"])
def test_success(clean: Machine, controller: Controller, pipelining: str) -> None:
    with Watch(clean):
        first, second, check, third = run(
            controller,
            service(OLD_WORD),
            service(WORD),
            service(WORD, configuration=config(**{"global": {"scrape_interval": "16s"}})),
            service(WORD, files=[]),
            environment={"ANSIBLE_PIPELINING": pipelining},
        )
    assert [result.status for result in (first, second, check, third)] == ["ok"] * 4
    shown = {item["after_header"]: (item["before"], item["after"]) for item in second.diff}
    assert shown == {f"{ETC}/password": ("(secret content)\n", "(other secret content)\n")}
    assert sorted(third.data["removed"]) == [f"{ETC}/more.yml", f"{ETC}/password", f"{ETC}/web.yml"]


def test_a_validator_that_repeats_the_secrets(clean: Machine, controller: Controller) -> None:
    echo = ["sh", "-c", f"cat {ETC}/password {ETC}/web.yml {ETC}/more.yml; echo {ETC}; exit 1"]
    with Watch(clean):
        (result,) = run(controller, service(validate=[echo]))
    assert result.failed
    assert "********" in result.words
    assert ETC in result.words, "the rest can be read"


def test_a_service_that_logs_its_secrets_and_dies(clean: Machine, controller: Controller) -> None:
    talker = unit().replace(
        "ExecStart=", f"ExecStart=/bin/sh -c 'cat {ETC}/password {ETC}/web.yml {ETC}/more.yml; exit 3' "
    )
    with Watch(clean):
        (result,) = run(controller, service(unit_file=talker))
    assert result.failed
    assert "********" in "".join(result.data["log"])


@pytest.mark.usefixtures("clean")
def test_a_tool_that_shows_the_beginning_of_a_secret(controller: Controller) -> None:
    """Go's YAML library quotes the first letters of a value of the wrong type in its error message."""
    wrong = config(scrape_configs=[{"job_name": "self", "basic_auth": WORD}])
    files = [{"dest": f"{ETC}/prometheus.yml", "content": wrong, **SECRET_FILE}]
    arguments = {**service(), "files": [*prometheus()["files"][1:], *files]}

    (result,) = run(controller, arguments)

    assert "cannot unmarshal" in result.words
    assert WORD[:5] not in result.words


@pytest.mark.usefixtures("clean")
def test_a_file_that_is_no_longer_declared_secret_does_not_show_what_it_held(controller: Controller) -> None:
    public = [{"dest": f"{ETC}/password", "content": "nothing to hide\n", **OWNERS, "on_change": "none"}]
    link = [{"dest": f"{ETC}/more.yml", "src": "/etc/hostname", "on_change": "none"}]
    results = run(controller, service(), {**service(files=public, links=link), "secrets": []})
    assert [result.status for result in results] == ["ok", "ok"]


@pytest.mark.usefixtures("clean")
def test_words_of_everyday_life_are_not_masked(controller: Controller) -> None:
    """A password file that says root, 0644, reload or prometheus must not blot out the report."""
    words = {"a": "root", "b": "0644", "c": "reload", "d": "prometheus", "e": "0640", "f": "restart"}
    files = [{"dest": f"{ETC}/more.yml", "content": words, **SECRET_FILE}]

    first, second = controller.play(
        [
            step(prometheus(files=files)),
            step(prometheus({"a.yml": rule("a", "up == 2")}, files=files, secrets=["reload"])),
        ]
    )

    assert second.reaction == "reload"
    assert "********" not in json.dumps([first.data, second.data])
    assert f"+++ after: {ETC}/rules/a.yml" in second.output
    assert "prometheus.service was made to reload" in second.output


def test_a_wrong_argument_does_not_tell_the_secrets_beside_it(controller: Controller) -> None:
    wrong = [
        {**service(), "no_such_option": 1},
        service(files=[{"dest": f"{ETC}/password", "content": WORD, "src": WORD, **SECRET_FILE}]),
        service(files=[{"dest": f"{ETC}/password", "content": WORD, "no_such_option": WORD, **SECRET_FILE}]),
    ]
    results = run(controller, *wrong)
    assert [result.status for result in results] == ["failed"] * 3
