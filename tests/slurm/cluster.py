"""A real SLURM cluster on one machine, for tests: two nodes with fake GPUs, accounting, on loopback
only.

    tests/slurm/cluster install the Debian packages, none of their services started
    tests/slurm/cluster up bring it up, or what is missing of it, and wait until both nodes are idle
    tests/slurm/cluster status a line per daemon and per node tests/slurm/cluster down cancel its
    jobs, end its daemons by their pid files, remove its state

It needs root, no systemd and no cgroups. All state lies in one folder of its own; outside of it
only /etc/slurm/slurm.conf and gres.conf are links to it, for snakemake's plugin clears the variable
SLURM_CONF inside jobs.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

STATE = Path(os.environ.get("MTDIS_CLUSTER", "/var/lib/mtdis-cluster"))
"""Folder of everything that the cluster writes."""
ETC = Path("/etc/slurm")
LINKED = ("slurm.conf", "gres.conf")
PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge", "slurmdbd", "mariadb-server")
NAME = "mtdis-tests"
"""The cluster's name, by which processes of its jobs are known (SLURM_CLUSTER_NAME in their
environment).
"""
NODES = ("n1", "n2")
FIRST_PORT = 16800
PATIENCE = 60
"""Seconds until a daemon that doesn't answer counts as failed."""

TEMPLATES = Path(__file__).with_name("templates")
ACCOUNTS = (
    ("add", "cluster", NAME),
    ("add", "qos", "quick"),
    ("add", "account", "study", f"Cluster={NAME}"),
    ("add", "user", "root", "Account=study", f"Cluster={NAME}"),
    ("modify", "user", "root", "set", "qos=normal,quick"),
)


class ClusterError(Exception):
    """The cluster can't be what is asked; the message says why."""


def pid_file(daemon: str) -> Path:
    """The file that holds the process id of a daemon."""
    return STATE / f"{daemon}.pid"


def words_of(daemon: str) -> list[str]:
    """The command that starts a daemon. All but mariadbd go to the background by themselves."""
    return {
        "munged": [
            "munged",
            "--force",
            f"--socket={STATE}/munge.socket",
            f"--key-file={STATE}/munge.key",
            f"--log-file={STATE}/munged.log",
            f"--pid-file={pid_file('munged')}",
            f"--seed-file={STATE}/munge.seed",
        ],
        "mariadbd": [
            "mariadbd",
            "--no-defaults",
            "--user=root",
            f"--datadir={STATE}/database",
            "--bind-address=127.0.0.1",
            f"--port={read_ports().get('mariadbd')}",
            f"--socket={STATE}/database.socket",
            "--skip-name-resolve",
            f"--pid-file={pid_file('mariadbd')}",
            f"--log-error={STATE}/mariadbd.log",
            f"--init-file={STATE}/init.sql",
            "--innodb-buffer-pool-size=32M",
            "--innodb-flush-log-at-trx-commit=0",
            "--performance-schema=OFF",
        ],
        "slurmdbd": ["slurmdbd"],
        "slurmctld": ["slurmctld"],
        "n1": ["slurmd", "-N", "n1"],
        "n2": ["slurmd", "-N", "n2"],
    }[daemon]


DAEMONS = ("munged", "mariadbd", "slurmdbd", "slurmctld", *NODES)
ACCOUNTING = ("mariadbd", "slurmdbd")
WITH_PORTS = DAEMONS[1:]


def environment() -> dict[str, str]:
    """What the daemons see: their own configuration, and no trace of a job that this may run in."""
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("SLURM_", "SBATCH_"))
    }
    return kept | {
        "SLURM_CONF": str(STATE / "slurm.conf"),
        "PATH": f"{kept['PATH']}:/usr/sbin:/sbin",
    }


def run(*words: str, check: bool = True) -> str:
    """Run a command to its end; ClusterError with what it said if it fails."""
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise ClusterError(f"`{' '.join(words)}` failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def process_of(daemon: str) -> int | None:
    """The process id of a daemon that runs.

    What a pid file says counts only if that process is the daemon.
    """
    try:
        pid = int(pid_file(daemon).read_text())
        program = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except (OSError, ValueError):
        return None
    return pid if Path(os.fsdecode(program)).name == words_of(daemon)[0] else None


def wait_for(what: str, is_so: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something is so; ClusterError after that many seconds."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise ClusterError(f"after {seconds:.0f} s still not: {what}; see the logs in {STATE}.")
        time.sleep(0.1)


def start(daemon: str) -> None:
    """Start a daemon unless it runs, and wait until it has written its pid file."""
    if process_of(daemon):
        return
    pid_file(daemon).unlink(missing_ok=True)
    in_background = ["bash", "-c", '"$@" &', "bash"] if daemon == "mariadbd" else []
    with (STATE / f"{daemon}.out").open("ab") as said:
        words = [*in_background, *words_of(daemon)]
        done = subprocess.run(
            words,
            env=environment(),
            cwd=STATE,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            check=False,
        )
    if done.returncode:
        raise ClusterError(
            f"{daemon} ended with status {done.returncode}; see {STATE}/{daemon}.out and .log."
        )
    wait_for(f"{daemon} runs", lambda: process_of(daemon))


def stop(daemon: str, by: signal.Signals = signal.SIGTERM) -> None:
    """End a daemon and wait until it is gone; one that stays is killed after ten seconds."""
    pid = process_of(daemon)
    if pid is None:
        return
    os.kill(pid, by)
    try:
        wait_for(f"{daemon} has ended", lambda: process_of(daemon) != pid, 10)
    except ClusterError:
        os.kill(pid, signal.SIGKILL)
        wait_for(f"{daemon} is killed", lambda: process_of(daemon) != pid, 10)
    pid_file(daemon).unlink(missing_ok=True)


def read_ports() -> dict[str, int]:
    """The ports that were chosen when the configuration was written."""
    lines = (STATE / "ports").read_text().splitlines() if (STATE / "ports").exists() else []
    return {name: int(port) for name, port in (line.split() for line in lines)}


def free_ports() -> Iterator[int]:
    """Ports of the loopback that nothing listens on."""
    for port in range(FIRST_PORT, FIRST_PORT + 1000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user may read."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)


def filled(name: str, **values: str) -> str:
    """A configuration file with the cluster's name, folder and ports in it."""
    return (TEMPLATES / name).read_text().format(name=NAME, state=STATE, **read_ports(), **values)


def configure() -> None:
    """Choose ports and write the configuration, unless daemons run by the one that is there."""
    if any(map(process_of, DAEMONS[1:] if (STATE / "ports").exists() else ())):
        return
    STATE.mkdir(parents=True, exist_ok=True)
    STATE.chmod(0o755)
    ports = dict(zip(WITH_PORTS, free_ports(), strict=False))
    write_private(STATE / "ports", "".join(f"{name} {port}\n" for name, port in ports.items()))
    if not (STATE / "munge.key").exists():
        write_private(STATE / "password", os.urandom(16).hex())
        write_private(STATE / "munge.key", os.urandom(64).hex())
    password = (STATE / "password").read_text()
    write_private(STATE / "init.sql", filled("init.sql", password=password))
    write_private(STATE / "slurmdbd.conf", filled("slurmdbd.conf", password=password))
    write_configuration("slurmdbd")
    (STATE / "gres.conf").write_text(filled("gres.conf"))


def write_configuration(storage: str) -> None:
    """Write slurm.conf with accounting by `slurmdbd` or `none`."""
    text = filled("slurm.conf", storage=storage)
    if storage == "none":
        text = "".join(
            line for line in text.splitlines(keepends=True) if "AccountingStorageTRES" not in line
        )
    (STATE / "slurm.conf").write_text(text)


def link() -> None:
    """Make the configuration the machine's; ClusterError if it has another."""
    ETC.mkdir(exist_ok=True)
    for name in LINKED:
        path = ETC / name
        if path.is_symlink() and not path.exists():
            path.unlink()
        if not path.exists():
            path.symlink_to(STATE / name)
        elif path.resolve() != (STATE / name).resolve():
            raise ClusterError(
                f"{path} is that of another cluster; this machine can't have two. Nothing was"
                " changed."
            )


def unlink() -> None:
    """Take the configuration away if it is ours."""
    for name in LINKED:
        if (ETC / name).is_symlink() and (ETC / name).readlink() == STATE / name:
            (ETC / name).unlink()


def make_database() -> None:
    """Make the empty tables of the database once."""
    if not (STATE / "database/mysql").exists():
        shutil.rmtree(STATE / "database", ignore_errors=True)
        words = (
            "mariadb-install-db",
            "--no-defaults",
            "--user=root",
            f"--datadir={STATE}/database",
        )
        run(*words, "--skip-test-db", "--auth-root-authentication-method=socket")


def listens(daemon: str) -> bool:
    """Whether something listens on a daemon's port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", read_ports()[daemon])) == 0


def start_accounting() -> None:
    """Start database and accounting, and add cluster, account and quality of service once."""
    make_database()
    for daemon in ACCOUNTING:
        start(daemon)
        wait_for(f"{daemon} listens", lambda daemon=daemon: listens(daemon))  # type: ignore[misc]
    if NAME not in run("sacctmgr", "-nP", "list", "cluster", "format=cluster"):
        for words in ACCOUNTS:
            run("sacctmgr", "-i", *words)


def start_controller() -> None:
    """Start the controller and wait until it answers."""
    (STATE / "slurmctld").mkdir(exist_ok=True)
    start("slurmctld")
    wait_for("slurmctld answers", lambda: "UP" in run("scontrol", "ping", check=False))


def restart_controller(storage: str) -> None:
    """Go on with accounting by `slurmdbd` or `none`."""
    stop("slurmctld")
    write_configuration(storage)
    start_controller()


def nodes() -> dict[str, str]:
    """node → its state; empty while the controller doesn't answer."""
    if not process_of("slurmctld"):
        return {}
    lines = run("sinfo", "-hN", "-p", "main", "-o", "%N %T", check=False).splitlines()
    return dict(line.split() for line in lines)


def up() -> None:
    """Bring up what is missing and wait until both nodes are idle."""
    programs = [words_of(daemon)[0] for daemon in ("munged", "slurmdbd", "slurmctld", *NODES)]
    missing = [
        p for p in (*programs, "mariadbd") if not shutil.which(p, path=environment()["PATH"])
    ]
    if os.getuid() != 0 or missing:
        raise ClusterError(
            f"run `tests/slurm/cluster install` first: no {missing[0]}." if missing else "be root."
        )
    configure()
    link()
    start("munged")
    start_accounting()
    start_controller()
    for node in NODES:
        (STATE / node).mkdir(exist_ok=True)
        start(node)
    for node, state in nodes().items():
        if state.startswith(("down", "drain")):
            run("scontrol", "update", f"nodename={node}", "state=resume", check=False)
    wait_for("both nodes are idle", lambda: list(nodes().values()) == ["idle"] * len(NODES))


def cancel_all() -> None:
    """Cancel all jobs and wait until their processes are gone, as long as the controller
    answers.
    """
    if process_of("slurmctld") and "UP" in run("scontrol", "ping", check=False):
        run("scancel", "--quiet", "-u", "root", check=False)
        states = ("squeue", "-h", "-t", "running,completing,pending,suspended")
        try:
            wait_for("all jobs are cancelled", lambda: not run(*states, check=False).strip(), 20)
        except ClusterError as error:
            print(error, file=sys.stderr)


def left_behind() -> list[int]:
    """Processes of jobs of this cluster, known by their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"SLURM_CLUSTER_NAME={NAME}".encode() in variables and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def down() -> None:
    """Cancel the jobs, end the daemons, remove the state.

    Right also for a cluster that is half up or not at all.
    """
    if not (STATE / "ports").exists():
        unlink()
        return
    cancel_all()
    for daemon in reversed(DAEMONS):
        stop(daemon)
    for pid in left_behind():
        words = (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
        print(f"killing {pid}, which a job left behind: {words[:120]}", file=sys.stderr)
        os.kill(pid, signal.SIGKILL)
    unlink()
    shutil.rmtree(STATE)


def status() -> None:
    """Print a line per daemon and per node; ClusterError unless all is up."""
    if not (STATE / "ports").exists():
        raise ClusterError("down; `tests/slurm/cluster up` brings it up.")
    for daemon in DAEMONS:
        print(f"{daemon:<10} {process_of(daemon) or 'not running'}")
    for node, state in nodes().items():
        print(f"{node:<10} {state}")
    if not all(map(process_of, DAEMONS)):
        raise ClusterError("half up; `tests/slurm/cluster up` brings up the rest.")


def install() -> None:
    """Install the packages, and keep their services from starting."""
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    policy = Path("/usr/sbin/policy-rc.d")
    is_ours = not policy.exists()
    if is_ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        subprocess.run(["apt-get", "-qq", "update"], env=quiet, check=True)
        words = [
            "apt-get",
            "-qq",
            "-o",
            "Acquire::Retries=3",
            "install",
            "-y",
            "--no-install-recommends",
            *PACKAGES,
        ]
        subprocess.run(words, env=quiet, check=True, stdout=subprocess.DEVNULL)
    finally:
        if is_ours:
            policy.unlink()


COMMANDS = {"install": install, "up": up, "down": down, "status": status}


def main(words: Sequence[str]) -> int:
    """Run one command; 1 with a short message if it fails."""
    if len(words) != 1 or words[0] not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        COMMANDS[words[0]]()
    except (ClusterError, subprocess.CalledProcessError, OSError) as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
