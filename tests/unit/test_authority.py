"""The development authority: who gets which certificate, when anew, and who may read it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from exchange_command import authority
from exchange_command.authority import Authority
from exchange_command.network import Network, Participant

NOW = datetime.now(UTC)


@pytest.fixture
def issuing(tmp_path: Path) -> Authority:
    return authority.authority_in(tmp_path / "authority")


@pytest.fixture
def folder(tmp_path: Path, issuing: Authority) -> Path:
    issuing.issue(tmp_path / "harbor-house", "harbor-house")
    return tmp_path / "harbor-house"


def network(*names: str) -> Network:
    return Network(tuple(Participant(name, "An invented house", "ngo", ()) for name in names))


def held(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())


def test_a_certificate_names_its_principal_this_machine_and_both_sides(
    folder: Path, issuing: Authority
) -> None:
    found = held(folder)
    found.verify_directly_issued_by(issuing.certificate)
    assert [a.value for a in found.subject] == ["harbor-house"]
    assert found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert {str(a) for a in names.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "::1"}
    usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usage) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert timedelta(days=89) < found.not_valid_after_utc - NOW <= timedelta(days=91)


def test_a_certificate_cannot_issue_others(folder: Path, issuing: Authority) -> None:
    for each, may in ((held(folder), False), (issuing.certificate, True)):
        assert each.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is may
        assert each.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign is may


def test_keys_are_the_owners_alone(folder: Path, tmp_path: Path) -> None:
    assert [p.name for p in tmp_path.rglob("*.new")] == []
    assert {p.stat().st_mode & 0o777 for p in tmp_path.rglob("*") if p.is_file()} == {0o600}
    assert {p.stat().st_mode & 0o777 for p in (folder, tmp_path / "authority")} == {0o700}


def test_what_is_good_for_another_month_stays(folder: Path, issuing: Authority) -> None:
    before = held(folder)
    assert not issuing.keep(folder, "harbor-house")
    assert not issuing.keep(folder, "harbor-house", NOW + timedelta(days=59))
    assert held(folder) == before


def test_what_ends_within_a_month_is_issued_anew_with_a_new_key(folder: Path, issuing: Authority) -> None:
    before = held(folder)
    assert issuing.keep(folder, "harbor-house", NOW + timedelta(days=61))
    assert held(folder).public_key() != before.public_key()


@pytest.mark.parametrize("name", ["authority.pem", "certificate.pem", "key.pem"])
@pytest.mark.parametrize("harm", ["gone", "garbled"])
def test_a_file_that_is_gone_or_garbled_is_mended(
    folder: Path, issuing: Authority, name: str, harm: str
) -> None:
    (folder / name).unlink() if harm == "gone" else (folder / name).write_bytes(b"no PEM")
    assert issuing.keep(folder, "harbor-house")
    assert not issuing.keep(folder, "harbor-house")


def test_a_key_that_others_may_read_is_replaced(folder: Path, issuing: Authority) -> None:
    (folder / "key.pem").chmod(0o640)
    assert issuing.keep(folder, "harbor-house")
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o600


def test_anothers_certificate_key_or_authority_is_replaced(
    folder: Path, issuing: Authority, tmp_path: Path
) -> None:
    assert issuing.keep(folder, "meadow-collective")
    assert issuing.keep(folder, "harbor-house")
    issuing.issue(tmp_path / "other", "harbor-house")
    (folder / "key.pem").write_bytes((tmp_path / "other" / "key.pem").read_bytes())
    assert issuing.keep(folder, "harbor-house")
    assert authority.authority_in(tmp_path / "second").keep(folder, "harbor-house")


def test_the_authority_is_made_once(tmp_path: Path, issuing: Authority) -> None:
    assert authority.authority_in(tmp_path / "authority").certificate == issuing.certificate
    everyone = authority.principals(network("harbor-house"))
    assert authority.keep_all(issuing, tmp_path / "all", everyone) == everyone
    assert authority.keep_all(issuing, tmp_path / "all", everyone) == []


def test_an_authority_that_lost_its_key_is_told_and_not_replaced_in_silence(
    tmp_path: Path, issuing: Authority
) -> None:
    key = tmp_path / "authority" / "authority.key"
    for content in (b"no PEM", (tmp_path / "authority" / "authority.pem").read_bytes()):
        key.write_bytes(content)
        with pytest.raises(authority.AuthorityUnusable, match="bring back"):
            authority.authority_in(tmp_path / "authority")
    authority.authority_in(tmp_path / "second")
    key.write_bytes((tmp_path / "second" / "authority.key").read_bytes())
    with pytest.raises(authority.AuthorityUnusable, match="not its certificate's"):
        authority.authority_in(tmp_path / "authority")


@pytest.mark.parametrize("name", authority.OWN)
def test_no_participant_can_take_the_name_of_a_principal(name: str) -> None:
    with pytest.raises(authority.NameTaken, match=name):
        authority.principals(network("harbor-house", name))
