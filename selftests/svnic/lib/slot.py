# SPDX-License-Identifier: GPL-2.0-only
"""The slot of the NIC in the emulated machine, for hot plug."""

import json
import os
import shutil
from pathlib import Path

from .ksft import KsftSkip
from .nic import Function
from .utils import cmd, wait_until

PCIEHP = Path("/sys/bus/pci_express/drivers/pciehp")
# Slot Control. QEMU removes the device of a slot whose power and indicator are
# switched off. When they are on again, the kernel must hear of a new device by
# an interrupt, also by that of presence, which it does not enable by itself
# for a slot with a button.
SLOT_CONTROL = "CAP_EXP+0x18.w"
PRESENCE, COMMAND_DONE, INTERRUPT = 0x0008, 0x0010, 0x0020
INDICATOR, LIT, OFF = 0x0300, 0x0100, 0x0700


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
        """True if the slot has native hot plug of PCI Express, False if
        ACPI's."""
        return any(name.startswith(self.port.bdf)
                   for name in os.listdir(PCIEHP))

    def _control(self):
        return int(cmd(f"setpci -s {self.port.bdf} {SLOT_CONTROL}").stdout, 16)

    def _empty(self):
        wait_until(lambda: not self.fn.path.exists(), "an empty slot")

    def unplug(self):
        """Ask the kernel to release the NIC."""
        cmd(["lab-qmp", "device_del", json.dumps({"id": self.nic["id"]})],
            timeout=150)
        self._empty()

    def yank(self):
        """Remove the NIC without asking the kernel."""
        if not self.native:
            raise KsftSkip("a slot of ACPI, which asks")
        # recovery of the port may have restored an indicator that is off
        on = self._control() & ~INDICATOR | LIT
        off = on & ~(COMMAND_DONE | INTERRUPT) | OFF
        cmd(f"setpci -s {self.port.bdf} {SLOT_CONTROL}={off:x} "
            f"{SLOT_CONTROL}={on | PRESENCE:x}")
        self._empty()
        # the kernel switches power off, then after a second the indicator: it
        # would power off a card that is plugged before that
        wait_until(lambda: self._control() & OFF == OFF,
                   "a slot without power")
        # let the kernel accept a card for one that was removed without asking
        cmd(f"setpci -s {self.port.bdf} {SLOT_CONTROL}=0:{PRESENCE:x}")

    def fill(self):
        """Plug a NIC if there is none, whatever a case has left."""
        if not self.fn.path.exists():
            self.plug()

    def plug(self):
        """Plug another NIC with the same address; wait for its netdev."""
        cmd(["lab-qmp", "device_add", json.dumps(self.nic)])
        wait_until(self.fn.netdev, "netdev of the PF")
