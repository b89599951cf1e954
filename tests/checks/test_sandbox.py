"""The sandbox, attacked from within: each attack runs in a real child and must come back empty-handed."""

import ctypes
import os
import platform
import socket
import sys
import textwrap
import time
from pathlib import Path

import pytest

from upright.checks import sandbox
from upright.checks.confined import landlock, seccomp
from upright.checks.confined.syscalls import ALWAYS_REFUSED, ARCHITECTURES, WRITES_PATHS
from upright.checks.sandbox import Child, Confined, SandboxLimits, run_confined

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ARCHITECTURES, reason="the sandbox is for Linux"
)
SMALL = SandboxLimits(memory_bytes=2**30, cpu_seconds=5, wall_seconds=20, file_bytes=2**20)
has_landlock = pytest.mark.skipif(
    sys.platform != "linux" or landlock.version() == 0, reason="this kernel has no Landlock"
)


def attempt(scratch: Path, body: str, *, limits: SandboxLimits = SMALL, landlock: bool = True) -> Confined:
    task = scratch / "task.py"
    task.write_text("def run(arguments):\n" + textwrap.indent(textwrap.dedent(body), "    "))
    return run_confined(str(task), {"of": "the parent"}, scratch=scratch, limits=limits, landlock=landlock)


def refused(found: Confined, *errors: str) -> bool:
    return found.status == "failed" and found.why.startswith(errors or ("PermissionError",))


def test_a_task_gets_its_arguments_and_gives_its_answer(tmp_path: Path) -> None:
    found = attempt(tmp_path, "return {'heard': arguments['of'], 'half': 0.1 + 0.2}")
    assert found == Confined(status="done", value={"heard": "the parent", "half": 0.1 + 0.2}, notes=found.notes)


def test_garbage_is_collected_from_the_first_answer_on(tmp_path: Path) -> None:
    task = tmp_path / "task.py"
    task.write_text("import gc\ndef run(arguments):\n    return gc.isenabled()\n")
    with Child(str(task), scratch=tmp_path, limits=SMALL) as child:
        assert [child.ask({})[0] for _ in range(3)] == [False, True, True]


def test_what_the_child_says_on_standard_error_is_kept(tmp_path: Path) -> None:
    found = attempt(tmp_path, "import sys; print('a warning', file=sys.stderr); raise ValueError('no model')")
    assert found.why == "ValueError: no model"
    assert "a warning" in found.errors


def test_a_socket_to_loopback_is_refused_while_someone_listens(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = attempt(tmp_path, f"import socket; socket.create_connection(('127.0.0.1', {port}), 2); return 'out'")
    assert refused(found)


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"])
def test_no_family_of_sockets_can_be_made(tmp_path: Path, family: str) -> None:
    assert refused(attempt(tmp_path, f"import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM)"))


def test_a_pair_of_sockets_works_but_reaches_nobody_else(tmp_path: Path) -> None:
    body = """
        import socket
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        one.send(b'hello')
        got = other.recv(9).decode()
        escaped = []
        ways = {'sendto': lambda: one.sendto(b'x', '/dev/log'), 'connect': lambda: one.connect('/dev/log'),
                'sendmsg': lambda: one.sendmsg([b'x'], [], 0, '/dev/log'), 'bind': lambda: one.bind('x')}
        for name, way in ways.items():
            try:
                way()
            except PermissionError:
                continue
            except OSError as why:
                escaped.append((name, str(why)))
            else:
                escaped.append((name, 'worked'))
        return [got, escaped]
    """
    assert attempt(tmp_path, body).value == ["hello", []]


@pytest.mark.parametrize(
    "call", ["io_uring_setup", "ptrace", "bpf", "userfaultfd", "unshare", "process_vm_readv", "mount"]
)
def test_a_dangerous_system_call_is_refused(tmp_path: Path, call: str) -> None:
    number = ALWAYS_REFUSED[call][ARCHITECTURES[platform.machine()].column]
    body = f"""
        import ctypes, errno
        libc = ctypes.CDLL(None, use_errno=True)
        answer = libc.syscall(ctypes.c_long({number}), *[ctypes.c_long(0)] * 6)
        return [answer, errno.errorcode[ctypes.get_errno()]]
    """
    assert attempt(tmp_path, body).value == [-1, "EPERM"]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="x32 belongs to x86-64")
def test_a_call_of_a_foreign_abi_ends_the_child(tmp_path: Path) -> None:
    body = "import ctypes; return ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 + 41), 2, 1, 0)"
    found = attempt(tmp_path, body)
    assert (found.status, found.why) == ("stopped", "it made a system call of a foreign kind")


@has_landlock
@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/etc/shadow", "/proc/1/environ", "/root", "/home", "/var/log", "/tmp"]
)
def test_files_outside_scratch_and_python_cannot_be_read(tmp_path: Path, path: str) -> None:
    if not Path(path).exists():
        pytest.skip(f"{path} does not exist here")
    read = "import os; return os.listdir({0!r}) if os.path.isdir({0!r}) else open({0!r}, 'rb').read(9).hex()"
    assert refused(attempt(tmp_path, read.format(path)), "PermissionError", "FileNotFoundError")


@has_landlock
def test_a_secret_beside_the_scratch_folder_cannot_be_read_not_even_by_link(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (scratch / "link").symlink_to(secret)
    assert refused(attempt(scratch, "return open('link').read()"))
    assert refused(attempt(scratch, f"return open({str(secret)!r}).read()"))


@has_landlock
def test_the_scratch_folder_can_be_read_and_written_and_nothing_else(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert attempt(scratch, "open('a', 'w').write('b'); return open('a').read()").value == "b"
    assert refused(attempt(scratch, f"open({str(tmp_path / 'out')!r}, 'w')"))
    assert not (tmp_path / "out").exists()


def test_without_landlock_nothing_can_be_written_and_it_is_said_that_reads_were_not_bounded(tmp_path: Path) -> None:
    for body in ("open('a', 'w')", "import os; os.unlink('task.py')", "import os; os.rename('task.py', 'b')"):
        assert refused(attempt(tmp_path, body, landlock=False)), body
    found = attempt(tmp_path, "return open('/etc/hostname').read() and 1", landlock=False)
    assert (found.status, found.value) == ("done", 1)
    assert found.notes == ("file reads were not bounded: this kernel has no Landlock",)


def test_a_fork_bomb_does_not_get_its_first_child(tmp_path: Path) -> None:
    for way in (
        "os.fork()",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "subprocess.run(['/bin/true'])",
        "os.system('true')",
    ):
        found = attempt(tmp_path, f"import os, subprocess\nreturn {way}")
        assert refused(found, "PermissionError", "BlockingIOError", "OSError") or found.value in {-1, 256 * 127}, way


def test_threads_still_work(tmp_path: Path) -> None:
    body = """
        import threading
        seen = []
        threads = [threading.Thread(target=seen.append, args=(n,)) for n in range(4)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        return sorted(seen)
    """
    assert attempt(tmp_path, body).value == [0, 1, 2, 3]


def test_memory_is_bounded(tmp_path: Path) -> None:
    found = attempt(tmp_path, "held = [bytearray(2**28) for _ in range(64)]; return len(held)")
    assert (found.status, found.why) == ("failed", "it needed more memory than it may use")


def test_an_endless_loop_ends_by_processor_time(tmp_path: Path) -> None:
    limits = SandboxLimits(cpu_seconds=1, wall_seconds=30)
    found = attempt(tmp_path, "while True: pass", limits=limits)
    assert found.status == "stopped"
    assert "processor time" in found.why


def test_an_endless_sleep_ends_by_the_clock(tmp_path: Path) -> None:
    started = time.monotonic()
    found = attempt(tmp_path, "import time; time.sleep(60)", limits=SandboxLimits(wall_seconds=1))
    assert (found.status, found.why) == ("stopped", "it took more than 1 s")
    assert time.monotonic() - started < 20


def test_big_files_cannot_be_written(tmp_path: Path) -> None:
    found = attempt(tmp_path, "open('big', 'wb').write(b'x' * 2**22); return 'written'")
    assert not found.value
    assert sum(f.stat().st_size for f in tmp_path.iterdir()) <= 2 * 2**20


def test_flooding_standard_error_is_bounded(tmp_path: Path) -> None:
    found = attempt(tmp_path, "import sys\nfor _ in range(10000): sys.stderr.write('x' * 1000)\nreturn 1")
    assert len(found.errors) <= 4_096


def test_the_environment_and_the_descriptors_of_the_parent_do_not_reach_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPRIGHT_TEST_SECRET", "hunter2")
    with (tmp_path / "held").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        body = """
            import os
            held = []
            for number in range(64):
                try:
                    held.append(os.readlink(f'/proc/self/fd/{number}'))
                except OSError:
                    pass
            return [sorted(os.environ), held]
        """
        environment, descriptors = attempt(tmp_path, body).value
    assert all(name.endswith(("THREADS", "COUNT")) or name == "LC_CTYPE" for name in environment)
    assert not any("held" in name for name in descriptors)
    assert len(descriptors) <= 5


def test_others_cannot_be_signalled_nor_their_limits_changed(tmp_path: Path) -> None:
    for way in (f"os.kill({os.getpid()}, 0)", "os.kill(1, 0)", "os.killpg(0, 0)", "os.kill(-1, 0)"):
        assert refused(attempt(tmp_path, f"import os; {way}")), way
    assert refused(attempt(tmp_path, f"import resource; resource.prlimit({os.getpid()}, resource.RLIMIT_CPU, (1, 1))"))


def test_the_child_cannot_leave_its_process_group_nor_loosen_its_limits(tmp_path: Path) -> None:
    assert refused(attempt(tmp_path, "import os; os.setsid()"))
    loosen = "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))"
    assert attempt(tmp_path, loosen).status == "failed"


def test_root_in_the_child_has_no_powers(tmp_path: Path) -> None:
    body = """
        told = ('CapEff', 'CapPrm', 'NoNewPrivs', 'Seccomp:')
        return [line.split()[1] for line in open('/proc/self/status') if line.startswith(told)]
    """
    permitted, effective, no_new, filtered = attempt(tmp_path, body).value
    assert (int(permitted, 16), int(effective, 16), no_new, filtered) == (0, 0, "1", "2")


def test_where_a_lock_cannot_be_had_there_is_no_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = SandboxLimits(file_bytes=2**80)  # no kernel takes this
    found = attempt(tmp_path, "return 'ran'", limits=limits)
    assert found.status == "no sandbox"
    assert found.why.startswith("no sandbox here: ")
    monkeypatch.setattr(sandbox.platform, "machine", lambda: "riscv64")
    found = attempt(tmp_path, "return 'ran'")
    assert (found.status, found.value) == ("no sandbox", None)


def test_an_answer_forged_or_broken_by_the_task_is_no_answer(tmp_path: Path) -> None:
    found = attempt(tmp_path, "import os; os._exit(0)")
    assert found.status == "failed"
    found = attempt(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert (found.status, found.why) == ("stopped", "it was ended by signal 11")


@pytest.mark.parametrize("arch", sorted(ARCHITECTURES))
@pytest.mark.parametrize("may_write", [True, False])
def test_every_filter_is_a_program_whose_jumps_stay_inside_it(arch: str, may_write: bool) -> None:
    lines = seccomp.program(ARCHITECTURES[arch], 4711, may_write=may_write)
    assert len(lines) < 4_096
    assert lines[-1] == (0x06, 0, 0, 0x7FFF0000)
    for at, (code, yes, no, _) in enumerate(lines):
        assert code in {0x20, 0x15, 0x35, 0x45, 0x06}
        assert at + 1 + max(yes, no) < len(lines) or code == 0x06


@pytest.mark.parametrize("arch", sorted(ARCHITECTURES))
def test_an_independent_reading_of_the_filter_refuses_what_it_must(arch: str) -> None:
    """A BPF interpreter of ten lines, so that the filter for the other architecture is tested here as well."""
    about = ARCHITECTURES[arch]
    lines = seccomp.program(about, 4711, may_write=False)
    for numbers in (*ALWAYS_REFUSED.values(), *WRITES_PATHS.values()):
        number = numbers[about.column]
        if number is not None:
            assert _judge(lines, number, about.audit, (0, 0, 0, 0, 0, 0)) == 0x00050001, number
    allowed = 0x7FFF0000
    names = {"read": (0, 63), "mmap": (9, 222), "socketpair": (53, 199), "exit_group": (231, 94), "futex": (202, 98)}
    for numbers in names.values():
        assert _judge(lines, numbers[about.column], about.audit, (0,) * 6) == allowed
    clone, kill, openat = (56, 220)[about.column], (62, 129)[about.column], (257, 56)[about.column]
    assert _judge(lines, clone, about.audit, (0x3D0F00, 0, 0, 0, 0, 0)) == allowed
    assert _judge(lines, clone, about.audit, (17, 0, 0, 0, 0, 0)) == 0x00050001
    assert _judge(lines, kill, about.audit, (4711, 9, 0, 0, 0, 0)) == allowed
    assert _judge(lines, kill, about.audit, (1, 9, 0, 0, 0, 0)) == 0x00050001
    assert _judge(lines, openat, about.audit, (0, 0, os.O_RDONLY | 0o2000000, 0, 0, 0)) == allowed
    assert _judge(lines, openat, about.audit, (0, 0, os.O_WRONLY | os.O_CREAT, 0, 0, 0)) == 0x00050001
    assert _judge(lines, 0, 0x40000003, (0,) * 6) == 0x80000000  # i386


def _judge(lines: list[seccomp.Instruction], number: int, arch: int, args: tuple[int, ...]) -> int:
    data = number.to_bytes(4, "little") + arch.to_bytes(4, "little") + bytes(8)
    data += b"".join(ctypes.c_uint64(arg).value.to_bytes(8, "little") for arg in args)
    at = held = 0
    while True:
        code, yes, no, value = lines[at]
        if code == 0x06:
            return value
        if code == 0x20:
            held = int.from_bytes(data[value : value + 4], "little")
            at += 1
            continue
        holds = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
        at += 1 + (yes if holds else no)
