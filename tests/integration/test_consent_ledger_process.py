"""The ledger on the real broker: killed at its worst moments, it loses nothing and says nothing twice."""

import base64
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from database_kit import NewDatabase, database_of
from ledger_process import RECIPIENT, SENDER, LedgerProcess, a_consent, until

from exchange_command.platform import Platform
from referral_exchange import ids
from referral_exchange.message import read_headers, signed_bytes
from referral_exchange.runtime.tls import client_context
from referral_exchange.signing import load_signer, verifies
from referral_exchange.topics import partition_of

CANARY = "canary-4711-of-a-person"
OTHERS_CERTIFICATES = ("meadow-collective", "operator", "consent_ledger")


@pytest.fixture
def ledger(
    platform: Platform, tmp_path: Path, free_port_base: int, database_url: str
) -> Iterator[LedgerProcess]:
    made = LedgerProcess(platform, tmp_path, free_port_base + 38, database_url)
    yield made
    made.stop(signal.SIGKILL)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def running(
    request: pytest.FixtureRequest,
    platform: Platform,
    tmp_path_factory: pytest.TempPathFactory,
    new_port_base: Callable[[], int],
) -> Iterator[LedgerProcess]:
    """A ledger on each kind of database that runs on from test to test, and ends well after the last."""
    with database_of(request.param, request, tmp_path_factory)() as url:
        made = LedgerProcess(platform, tmp_path_factory.mktemp("running"), new_port_base(), url)
        made.start()
        yield made
        assert made.stop() == 0


def sealed(ledger: LedgerProcess, body: dict[str, object], blob: bytes = b"a blob") -> dict[str, object]:
    """A lock as its recipient asks for it."""
    named = {name: body[name] for name in ("consent_id", "referral_id")}
    part = {
        **named,
        "recipient": RECIPIENT,
        "data_class": "identity",
        "blob": base64.b64encode(blob).decode(),
    }
    answer = ledger.post(SENDER, "/v1/seal", {"parts": [part]})
    assert answer.status_code == 200
    return {**named, "lock": answer.json()["locks"][0]}


def test_a_consent_is_on_the_topic_when_it_is_answered_signed_and_in_its_referrals_partition(
    running: LedgerProcess, platform: Platform
) -> None:
    body = a_consent()
    assert running.post(SENDER, "/v1/consents", body).status_code == 201
    for consent_id, to in ((body["consent_id"], RECIPIENT), (body["return_consent_id"], SENDER)):
        (read,) = running.told(str(consent_id))
        named = read_headers(read.headers)
        assert read.partition.number == partition_of(str(body["referral_id"]), 6)
        covered = signed_bytes("ConsentGiven.v1", str(consent_id), to, read.value or b"")
        public = load_signer(platform.places.keys, "consent_ledger").public
        assert verifies(public, named["signature"], covered)


def test_an_unknown_programme_is_told_nothing(running: LedgerProcess) -> None:
    own = client_context(running.operator)
    asked = {"consent_id": ids.fresh()}
    answer = httpx.post(f"{running.url}/v1/withdrawals", json=asked, trust_env=False, verify=own)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (401, "signature")


@pytest.mark.parametrize("shows", OTHERS_CERTIFICATES)
def test_a_programmes_key_with_another_certificate_asks_for_nothing(
    running: LedgerProcess, shows: str
) -> None:
    body = a_consent()
    with running.client(SENDER, shows) as thief:
        answer = thief.post("/v1/consents", json=body)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (401, "not-your-certificate")
    assert running.post(SENDER, "/v1/consents", body).status_code == 201


def test_a_second_ledger_on_the_same_database_does_not_start(
    running: LedgerProcess, platform: Platform, new_port_base: Callable[[], int]
) -> None:
    second = LedgerProcess(platform, running.folder, new_port_base(), running.database)
    second.launch()
    assert second.ended() == 1
    assert "another ledger works on it" in second.log.read_text(encoding="utf-8")


def test_killed_between_commit_and_answer_a_repeat_gives_the_same_consent_told_once(
    ledger: LedgerProcess,
) -> None:
    body = a_consent()
    ledger.start(fault="consent_ledger:give-committed")
    with pytest.raises(httpx.TransportError):
        ledger.post(SENDER, "/v1/consents", body)
    assert ledger.ended() == -signal.SIGKILL
    ledger.start()
    answers = [ledger.post(SENDER, "/v1/consents", body) for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["standing"] == "live"
    for name in ("consent_id", "return_consent_id"):
        assert ledger.told_types(str(body[name])) == ["ConsentGiven.v1"]
    assert ledger.post(RECIPIENT, "/v1/open", {"locks": [sealed(ledger, body)]}).status_code == 200


def test_killed_between_the_brokers_answer_and_its_own_mark_it_repeats_the_same_event(
    ledger: LedgerProcess,
) -> None:
    body = a_consent()
    ledger.start(fault="consent_ledger:outbox-acknowledged")
    with pytest.raises(httpx.TransportError):
        ledger.post(SENDER, "/v1/consents", body)
    assert ledger.ended() == -signal.SIGKILL
    assert len(ledger.told(str(body["consent_id"]))) == 1
    ledger.start()
    assert ledger.post(SENDER, "/v1/consents", body).status_code == 200
    told = ledger.told(str(body["consent_id"]))
    assert len(told) == 2
    assert len({(read.value, tuple(sorted(read.headers))) for read in told}) == 1


def test_killed_between_a_withdrawal_and_its_answer_it_is_in_force(ledger: LedgerProcess) -> None:
    body = a_consent()
    ledger.start(fault="consent_ledger:withdraw-committed")
    ledger.post(SENDER, "/v1/consents", body)
    lock = sealed(ledger, body)
    assert ledger.post(RECIPIENT, "/v1/open", {"locks": [lock]}).status_code == 200
    with pytest.raises(httpx.TransportError):
        ledger.post(SENDER, "/v1/withdrawals", {"consent_id": body["consent_id"]})
    assert ledger.ended() == -signal.SIGKILL
    ledger.start()
    refused = ledger.post(RECIPIENT, "/v1/open", {"locks": [lock]})
    assert (refused.status_code, refused.json()["rule"]) == (403, "voca-release-needs-consent")
    done = ledger.post(SENDER, "/v1/withdrawals", {"consent_id": body["consent_id"]}).json()
    assert [line["data_class"] for line in done["opened_before"]] == ["identity"]
    until("the withdrawal is told", lambda: len(ledger.told(str(body["consent_id"]))) == 2)
    assert ledger.told_types(str(body["consent_id"])) == ["ConsentGiven.v1", "ConsentWithdrawn.v1"]


def test_killed_before_it_answers_an_opening_the_disclosure_is_listed(ledger: LedgerProcess) -> None:
    body = a_consent()
    ledger.start(fault="consent_ledger:open-committed")
    ledger.post(SENDER, "/v1/consents", body)
    lock = sealed(ledger, body)
    with pytest.raises(httpx.TransportError):
        ledger.post(RECIPIENT, "/v1/open", {"locks": [lock]})
    assert ledger.ended() == -signal.SIGKILL
    ledger.start()
    lines = ledger.post(SENDER, "/v1/disclosures", {"consent_ids": [body["consent_id"]]}).json()
    assert [line["kind"] for line in lines["disclosures"]] == ["given", "sealed", "opened"]


@pytest.fixture
def on_each_database(
    request: pytest.FixtureRequest,
    platform: Platform,
    tmp_path_factory: pytest.TempPathFactory,
    new_port_base: Callable[[], int],
) -> Iterator[list[LedgerProcess]]:
    """Two ledgers side by side, for what happens to the broker under both."""
    with ExitStack() as stack:
        made = []
        for kind in ("sqlite", "postgresql"):
            url = stack.enter_context(database_of(kind, request, tmp_path_factory)())
            made.append(LedgerProcess(platform, tmp_path_factory.mktemp(kind), new_port_base(), url))
            stack.callback(made[-1].stop, signal.SIGKILL)
            made[-1].start()
        yield made


def test_a_broker_that_is_down_delays_giving_and_never_withdrawing(
    on_each_database: list[LedgerProcess], platform: Platform
) -> None:
    cases = [(ledger, a_consent(), a_consent()) for ledger in on_each_database]
    for ledger, first, _ in cases:
        assert ledger.post(SENDER, "/v1/consents", first).status_code == 201
    platform.stop("kafka", signal.SIGKILL)
    try:
        # An answer that it does not know waits for the broker; both wait at the same time.
        with ThreadPoolExecutor(len(cases)) as together:
            answers = list(together.map(lambda case: case[0].post(SENDER, "/v1/consents", case[2]), cases))
        for unknown in answers:
            assert unknown.status_code == 503
            assert unknown.json()["type"].endswith("/outcome-unknown")
        for ledger, first, _ in cases:
            withdrawn = ledger.post(SENDER, "/v1/withdrawals", {"consent_id": first["consent_id"]})
            assert withdrawn.status_code == 200
    finally:
        platform.start("kafka")
    for case in cases:
        all_is_told_in_the_end(*case)


def all_is_told_in_the_end(ledger: LedgerProcess, ended: dict[str, object], given: dict[str, object]) -> None:
    until("the repeat is known", lambda: ledger.post(SENDER, "/v1/consents", given).status_code == 200)
    assert len(set(ledger.told_ids(str(given["consent_id"])))) == 1
    until("the withdrawal is told", lambda: len(set(ledger.told_ids(str(ended["consent_id"])))) == 2)
    assert ledger.told_types(str(ended["consent_id"]))[-1] == "ConsentWithdrawn.v1"


def test_nothing_of_a_person_is_in_its_log_or_on_its_topic(ledger: LedgerProcess) -> None:
    body = a_consent(subject_token=CANARY, data_classes=["identity", "tribal"])
    ledger.start()
    ledger.post(SENDER, "/v1/consents", body)
    lock = sealed(ledger, body, blob=CANARY.encode())
    ledger.post(RECIPIENT, "/v1/open", {"locks": [lock, {**lock, "lock": "AAAA"}]})
    ledger.post(RECIPIENT, f"/v1/{CANARY}?{CANARY}", {CANARY: CANARY})
    ledger.post(SENDER, "/v1/consents", {**a_consent(), "data_classes": [CANARY], "purpose": CANARY})
    ledger.post(SENDER, "/v1/disclosures", {"subject_token": CANARY})
    ledger.post(SENDER, "/v1/withdrawals", {"consent_id": body["consent_id"]})
    until("the withdrawal is told", lambda: len(ledger.told(str(body["consent_id"]))) == 2)
    assert ledger.stop() == 0
    hidden = (CANARY, base64.b64encode(CANARY.encode()).decode(), "tribal", str(lock["lock"]))
    log = ledger.log.read_text(encoding="utf-8")
    told = [ledger.told(str(body[name])) for name in ("consent_id", "return_consent_id")]
    topic = b"".join((r.value or b"") + repr(r.headers).encode() for reads in told for r in reads)
    for word in hidden:
        assert word not in log
        assert word.encode() not in topic


def test_at_once_after_a_restart_before_the_directory_was_read_the_certificate_counts_too(
    ledger: LedgerProcess,
) -> None:
    body = a_consent()
    ledger.start()
    assert ledger.post(SENDER, "/v1/consents", body).status_code == 201
    ledger.stop()
    ledger.launch()
    asked = {"consent_id": body["consent_id"]}
    verdicts: dict[str, set[int]] = {shows: set() for shows in OTHERS_CERTIFICATES}
    with ExitStack() as stack:
        thieves = {shows: stack.enter_context(ledger.client(SENDER, shows)) for shows in OTHERS_CERTIFICATES}

        def all_judged() -> bool:
            for shows, thief in thieves.items():
                verdicts[shows] |= verdict(thief, asked)
            return all(verdicts.values())

        until("it answers", all_judged)
        assert all_judged()
    assert verdicts == {shows: {401} for shows in OTHERS_CERTIFICATES}


def verdict(client: httpx.Client, asked: object) -> set[int]:
    """The status of the answer; empty where it does not answer yet, or cannot judge."""
    try:
        status = client.post("/v1/withdrawals", json=asked).status_code
    except httpx.TransportError:
        return set()
    return {status} if status < 500 else set()


def test_backed_up_at_work_lost_and_restored_it_forgets_no_end_and_waits_for_the_rest(
    ledger: LedgerProcess, platform: Platform, free_port_base: int, new_database: NewDatabase
) -> None:
    kept, ended, later = a_consent(), a_consent(), a_consent()
    ledger.start()
    for body in (kept, ended):
        assert ledger.post(SENDER, "/v1/consents", body).status_code == 201
    locks = {str(body["consent_id"]): sealed(ledger, body) for body in (kept, ended)}
    file = ledger.folder / "kept.backup"
    done = ledger.command("backup", "--to", str(file))
    assert (done.returncode, "rows are in kept.backup" in done.stdout) == (0, True), done.stderr
    assert ledger.post(SENDER, "/v1/consents", later).status_code == 201
    assert ledger.post(SENDER, "/v1/withdrawals", {"consent_id": ended["consent_id"]}).status_code == 200
    until("the withdrawal is told", lambda: len(ledger.told(str(ended["consent_id"]))) == 2)
    held = ledger.command("restore", "--from", str(file))
    assert (held.returncode, "stop that one first" in held.stdout) == (1, True)
    ledger.stop(signal.SIGKILL)
    until(
        "the database is let go", lambda: "not empty" in ledger.command("restore", "--from", str(file)).stdout
    )
    with new_database() as url:
        after = LedgerProcess(platform, ledger.folder, free_port_base + 39, url)
        done = after.command("restore", "--from", str(file))
        assert "2 wait for their discloser's word, 2 ended since" in done.stdout, done.stdout + done.stderr
        after.start()
        try:
            kept_lock, ended_lock = locks.values()
            waiting = after.post(RECIPIENT, "/v1/open", {"locks": [kept_lock]})
            assert (waiting.status_code, waiting.json()["type"].rpartition("/")[2]) == (409, "suspended")
            assert after.post(RECIPIENT, "/v1/open", {"locks": [ended_lock]}).status_code == 403
            asked = {"consent_ids": [kept["consent_id"], ended["consent_id"]]}
            told = after.post(SENDER, "/v1/confirmations", asked).json()["confirmed"]
            assert sorted(line["standing"] for line in told) == ["live", "withdrawn"]
            assert after.post(RECIPIENT, "/v1/open", {"locks": [kept_lock]}).status_code == 200
            assert after.post(RECIPIENT, "/v1/open", {"locks": [ended_lock]}).status_code == 403
            assert after.post(SENDER, "/v1/consents", later).status_code == 201
            assert after.stop() == 0
        finally:
            after.stop(signal.SIGKILL)


def test_an_operators_command_says_what_is_wrong_and_changes_nothing(ledger: LedgerProcess) -> None:
    ledger.start()
    assert ledger.stop() == 0
    spoilt = ledger.folder / "spoilt.backup"
    spoilt.write_text("nothing of ours")
    for asked, said in (
        (("restore", "--from", str(spoilt)), "not whole"),
        (("restore", "--from", str(ledger.folder / "none.backup")), "no such file"),
        (("step-back", "--to", "0999"), "no such revision"),
        (("backup", "--to", "/dev/null/x"), "storage"),
    ):
        done = ledger.command(*asked)
        assert (done.returncode, said in done.stdout, "Traceback" in done.stderr) == (1, True, False), done
    assert ledger.command("step-back", "--to", "0001").returncode == 0
    ledger.start()
