# SPDX-License-Identifier: GPL-2.0-only
"""The slot of the NIC in the emulated machine: what is in it goes and comes."""

import json
import os
import shutil
from pathlib import Path

from .ksft import KsftSkip
from .nic import Function
from .utils import cmd, wait_until

PCIEHP = Path("/sys/bus/pci_express/drivers/pciehp")
# Slot Control. QEMU takes out what is in a slot whose power and indicator are
# switched off. The kernel is to hear of it when they are on again: from its
# interrupt, of presence too, which a slot with a button does not ask for.
SLOT_CONTROL = "CAP_EXP+0x18.w"
PRESENCE, COMMAND_DONE, INTERRUPT, OFF = 0x0008, 0x0010, 0x0020, 0x0700


class Slot:
    """A root port, and the NIC behind it."""

    def __init__(self, nic):
        if not shutil.which("lab-qmp"):
            raise KsftSkip("not in the lab")
        self.fn = nic.fn
        self.port = Function(os.path.basename(
            os.path.dirname(os.path.realpath(nic.fn.path))))
        self.nic = {"driver": "svnic", "id": "nic0", "bus": "rp0",
                    "cable": "wire", "mac": nic.pf.mac,
                    "sriov_max_vfs": nic.vf_max}

    @property
    def native(self):
        """Is the slot PCI Express's? Otherwise it is ACPI's."""
        return any(name.startswith(self.port.bdf)
                   for name in os.listdir(PCIEHP))

    def _control(self):
        return int(cmd(f"setpci -s {self.port.bdf} {SLOT_CONTROL}").stdout, 16)

    def _empty(self):
        wait_until(lambda: not self.fn.path.exists(), "an empty slot")

    def unplug(self):
        """The kernel is asked for the NIC."""
        cmd(["lab-qmp", "device_del", json.dumps({"id": self.nic["id"]})],
            timeout=150)
        self._empty()

    def yank(self):
        """The NIC is gone, and nobody was asked."""
        if not self.native:
            raise KsftSkip("a slot of ACPI, which asks")
        on = self._control()
        off = on & ~(COMMAND_DONE | INTERRUPT) | OFF
        cmd(f"setpci -s {self.port.bdf} {SLOT_CONTROL}={off:x} "
            f"{SLOT_CONTROL}={on | PRESENCE:x}")
        self._empty()
        # the kernel switches the slot off last: a card that comes before that
        # would be taken out by it
        wait_until(lambda: self._control() & OFF == OFF,
                   "a slot without power")
        # the kernel takes a card that comes for one that went otherwise
        cmd(f"setpci -s {self.port.bdf} {SLOT_CONTROL}=0:{PRESENCE:x}")

    def fill(self):
        """There is a NIC, whatever a case has left."""
        if not self.fn.path.exists():
            self.plug()

    def plug(self):
        """Another NIC with the same address; wait for its netdev."""
        cmd(["lab-qmp", "device_add", json.dumps(self.nic)])
        wait_until(self.fn.netdev, "netdev of the PF")
