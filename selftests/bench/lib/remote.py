# SPDX-License-Identifier: GPL-2.0-only
"""Programs that run at a netdev: here, in a name space or in a guest."""

import json
import select
import subprocess
from pathlib import Path

from svnic.lib.utils import CmdError

PATIENCE = 120
AGENT = Path(__file__).with_name("agent.py")


class Remote:
    """A command with pipes, which ends with the context."""

    def __init__(self, node, comm):
        self.said = ""
        self.proc = subprocess.Popen(
            [*node.prefix, *comm], stdin=subprocess.PIPE, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def tell(self, text=""):
        """Write a line to it."""
        self.proc.stdin.write(text + "\n")
        self.proc.stdin.flush()

    def hear(self, stream="stdout"):
        """Its next line; nothing may follow before it is told to continue."""
        pipe = getattr(self.proc, stream)
        if not select.select([pipe], [], [], PATIENCE)[0]:
            self._fail(f"nothing within {PATIENCE} s")
        line = pipe.readline()
        if not line:
            self._fail("it ended")
        return line

    def _fail(self, why):
        self.proc.kill()
        raise CmdError(self.proc.args, f"none, {why}",
                       *self.proc.communicate())

    def wait(self):
        """Its output, when it has ended."""
        try:
            out, err = self.proc.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._fail(f"no end within {PATIENCE} s")
        if self.proc.returncode:
            raise CmdError(self.proc.args, self.proc.returncode, out, err)
        return out

    def stop(self):
        """Close its standard input, and check that it ends; .said is its
        output."""
        if self.proc.returncode is None:
            try:
                said = self.proc.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                said = self.proc.communicate()
            self.said = "".join(said)


class Job(Remote):
    """A command that begins when told, so that many can begin at the same time.

    With END the command is endless: .stop() executes END, a shell command in
    which $! is the command.
    """

    def __init__(self, node, comm, end=None):
        rest = f"{comm} < /dev/null & read -r _; {end}; wait" if end else \
            f"exec {comm} < /dev/null"
        super().__init__(node, ["sh", "-c",
                                f"echo ready >&2; read -r _; {rest}"])

    def ready(self):
        """Wait until it is ready to begin."""
        self.hear("stderr")
        return self


class Agent(Remote):
    """Reads the counters of an end (agent.py)."""

    def __init__(self, end):
        node = end.node
        path = AGENT
        if node.prefix[:1] == ("lab-guest",):
            path = "/tmp/agent.py"
            with open(AGENT, "rb") as text:
                subprocess.run([*node.prefix, "sh", "-c", f"cat > {path}"],
                               stdin=text, check=True, timeout=PATIENCE)
        super().__init__(node, ["python3", str(path), end.dev])

    def read(self, *what):
        """The answer of agent.py to WHAT."""
        self.tell(" ".join(what))
        return json.loads(self.hear())
