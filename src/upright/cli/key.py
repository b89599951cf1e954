"""``upright key``: private keys of this machine, and which public keys a workspace's log counts."""

import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from upright.cli.here import open_workspace
from upright.cli.session import Session, command, group
from upright.kernel import InputError

if TYPE_CHECKING:
    from upright.cli.screen import Screen
    from upright.evidence.keys import PrivateKey
    from upright.workspace import Workspace
    from upright.workspace.signers import KeyState

app = group("Make, list, export, enrol and retire keys.")

RoleArgument = Annotated[
    Literal["evidence", "log", "witness", "person"],
    typer.Argument(metavar="ROLE", help="evidence, log, witness or person."),
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]


class KeyChoiceError(InputError):
    """It is not clear which key was meant."""


@command(app, "new")
def new(
    session: Session,
    role: RoleArgument,
    name: Annotated[str | None, typer.Option("--name", help="Its name in signatures [default: made up].")] = None,
) -> None:
    """Make a key pair; the private half stays in your key folder, readable by you alone."""
    import uuid

    from upright.evidence.keys import PrivateKey, key_folder

    made_up = f"person/{uuid.uuid4()}" if role == "person" else f"{role}-{uuid.uuid4().hex[:8]}"
    key = PrivateKey.generate(role, name or made_up)
    path = key.save(key_folder())

    def show(screen: "Screen") -> None:
        screen.line(f"Made the {role} key {key.name}, kept in {path}.")
        screen.code(str(key.vkey))
        screen.quiet(f"It counts once the log knows it: upright key enrol {role} {key.fingerprint[:12]}")

    session.answer({"upright": 1, **_key_json(key), "file": str(path)}, show)


@command(app, "list")
def list_keys(session: Session) -> None:
    """List the private keys at hand, and what the workspace's log says of each key, if there is a workspace."""
    from upright.evidence.keys import keyring

    at_hand = keyring()
    workspace = _workspace_or_none(session)
    states = workspace.keys() if workspace else {}
    rows = [_listed(key.fingerprint, key.role, key.name, True, states.get(key.fingerprint)) for key in at_hand]
    known = {key.fingerprint for key in at_hand}
    rows += [
        _listed(fingerprint, state.role, state.key.name, False, state)
        for fingerprint, state in states.items()
        if fingerprint not in known
    ]

    def show(screen: "Screen") -> None:
        from upright.cli.screen import Column

        if not rows:
            screen.line(
                "No keys yet. 'upright assess' makes what it needs; 'upright key new person' makes one for you."
            )
            return
        screen.table(
            [Column("Fingerprint", whole=True), Column("Role", whole=True), Column("Name"), Column("Private half"),
             Column("In this log")],
            [(r["fingerprint"][:16], r["role"], r["name"], "here" if r["private"] else "elsewhere", _state_words(r))
             for r in rows],
        )  # fmt: skip
        if workspace is None:
            screen.quiet("No workspace here, so nothing is said of enrolment.")

    session.answer({"upright": 1, "keys": rows}, show)


@command(app, "export")
def export(session: Session, role: RoleArgument) -> None:
    """Print a public key alone on one line, as 'upright verify --trust' takes it; in a workspace, its own."""
    vkey, fingerprint = _one_of_role(session, role)
    if session.as_json:
        session.answer({"upright": 1, "role": role, "vkey": vkey, "fingerprint": fingerprint}, lambda _: None)
    else:
        sys.stdout.write(vkey + "\n")


@command(app, "enrol")
def enrol(
    session: Session,
    role: RoleArgument,
    key: Annotated[
        str | None,
        typer.Argument(metavar="KEY", help="A vkey, a file with one, or the start of a fingerprint at hand."),
    ] = None,
    reason: Reason = "Enrolled from the command line.",
) -> None:
    """Tell the workspace's log that a key counts from now on."""
    workspace = open_workspace(session)
    public = _public_key(role, key)
    index = workspace.enrol(public, role, reason=reason)
    document = {
        "upright": 1, "role": role, "vkey": str(public), "fingerprint": public.fingerprint, "index": index,
        "new": index is not None,
    }  # fmt: skip

    def show(screen: "Screen") -> None:
        if index is None:
            screen.line(f"{public.name} was enrolled before; nothing was written.")
        else:
            screen.line(f"Enrolled the {role} key {public.name} as entry {index}. What it signs after that counts.")

    session.answer(document, show)


@command(app, "retire")
def retire(
    session: Session,
    fingerprint: Annotated[str, typer.Argument(metavar="FINGERPRINT", help="Its fingerprint, or the start of it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is recorded.")],
    compromised_from: Annotated[
        int | None,
        typer.Option(
            "--compromised-from", metavar="INDEX", min=0, help="Evidence from this entry on counts as undecided."
        ),
    ] = None,
) -> None:
    """Tell the workspace's log that a key no longer counts, or that it was in other hands from an entry on."""
    workspace = open_workspace(session)
    found = [each for each in sorted(workspace.keys()) if each.startswith(fingerprint.lower())]
    if len(found) != 1:
        raise KeyChoiceError(
            f"{fingerprint!r} fits {len(found) or 'no'} keys of this log. 'upright key list' shows them.",
            code="UP-CLI-10",
        )
    index = workspace.retire(found[0], reason=reason, compromised_from=compromised_from)
    session.answer(
        {"upright": 1, "fingerprint": found[0], "index": index, "compromised_from": compromised_from},
        lambda screen: screen.line(f"Recorded as entry {index}: key {found[0][:16]} no longer counts."),
    )


def _workspace_or_none(session: Session) -> "Workspace | None":
    from upright.cli.place import NoWorkspaceError

    try:
        return open_workspace(session)
    except NoWorkspaceError:
        if session.given is not None:
            raise
        return None


def _listed(fingerprint: str, role: str, name: str, private: bool, state: "KeyState | None") -> dict[str, Any]:
    return {
        "fingerprint": fingerprint,
        "role": role,
        "name": name,
        "private": private,
        "enrolled": state.enrolled if state else None,
        "retired": state.retired if state else None,
        "compromised_from": state.compromised_from if state else None,
        "vkey": str(state.key) if state else None,
    }


def _state_words(row: dict[str, Any]) -> str:
    if row["enrolled"] is None:
        return "not enrolled"
    if row["compromised_from"] is not None:
        return f"compromised from entry {row['compromised_from']}"
    if row["retired"] is not None:
        return f"retired at entry {row['retired']}"
    return f"enrolled at entry {row['enrolled']}"


def _one_of_role(session: Session, role: str) -> tuple[str, str]:
    from upright.evidence.keys import keyring

    workspace = _workspace_or_none(session)
    if workspace is not None:
        current = [state.key for state in workspace.keys().values() if state.role == role and state.is_current]
    else:
        current = [key.vkey for key in keyring() if key.role == role]
    if len(current) == 1:
        return str(current[0]), current[0].fingerprint
    where = "this workspace's log" if workspace is not None else "the key folder"
    if not current:
        raise KeyChoiceError(
            f"There is no current {role} key in {where}. 'upright key list' shows what there is.", code="UP-CLI-10"
        )
    names = ", ".join(f"{key.name} ({key.fingerprint[:12]})" for key in current)
    raise KeyChoiceError(
        f"There are {len(current)} current {role} keys in {where}: {names}. "
        "'upright key list --format json' prints each vkey.",
        code="UP-CLI-10",
    )


def _public_key(role: str, text: str | None) -> Any:
    from upright.cli.ledger import read_key
    from upright.evidence.keys import keyring

    if text is not None and ("+" in text or "." in text or "/" in text):
        return read_key(text)
    found = [key for key in keyring() if key.role == role and key.fingerprint.startswith((text or "").lower())]
    if len(found) == 1:
        return found[0].vkey
    raise KeyChoiceError(
        f"{text or role!r} fits {len(found) or 'no'} {role} keys at hand. 'upright key list' shows them; "
        f"'upright key new {role}' makes one.",
        code="UP-CLI-10",
    )


def _key_json(key: "PrivateKey") -> dict[str, Any]:
    return {"role": key.role, "name": key.name, "fingerprint": key.fingerprint, "vkey": str(key.vkey)}
