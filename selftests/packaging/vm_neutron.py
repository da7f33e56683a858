# SPDX-License-Identifier: GPL-2.0-or-later
"""In a machine of svnic-vm: Neutron's agent for SR-IOV, for ports on VFs.

The agent is the complete one of the distribution: its loop, its extension for
QoS and its privileged part, which neutron-rootwrap starts. There is no Neutron
server and no message queue: this script answers the agent's calls in the
agent's own process (oslo.messaging's transport "fake"), with objects of
Neutron. There is no Nova either: this script sets address and VLAN of a VF, and
changes its driver.
"""

import os
import signal
import sys
import threading
import traceback
from pathlib import Path

from vm_machine import FULL, Pf, bind, run, wait_until

CONFIG = Path("/etc/neutron/svnic.conf")
LOG = Path("/var/log/neutron/svnic.log")
TURNS = 10 if FULL else 1
VFS, EXCLUDED = 8, 2
SETTINGS = """[DEFAULT]
transport_url = fake://
host = compute
log_file = {log}
[AGENT]
polling_interval = 1
extensions = qos
[SRIOV_NIC]
physical_device_mappings = physnet:{dev}
exclude_devices = {dev}:{excluded}
[SECURITYGROUP]
firewall_driver = noop
"""
NETWORK = "5e5e5e5e-0000-4000-8000-000000000000"
# id of a policy -> maximum and guarantee of a port in kb/s
LIMITED = "5e5e5e5e-0000-4000-8000-000000000001"
CAPPED = "5e5e5e5e-0000-4000-8000-000000000002"
POLICIES = {LIMITED: (100000, 50000), CAPPED: (40000, None)}
# the same as shown by ip
RATES = {LIMITED: {"max_tx": 100, "min_tx": 50},
         CAPPED: {"max_tx": 40, "min_tx": 0},
         None: {"max_tx": 0, "min_tx": 0}}


class Port:
    """A Neutron port on VF NUM, with this address."""

    def __init__(self, pf, num, **details):
        self.pf, self.num = pf, num
        self.mac = f"02:5e:00:00:0a:{num:02x}"
        self.slot = pf.vf(num).name
        self.id = f"5e5e5e5e-0000-4000-8001-0000000000{num:02x}"
        self.was = pf.shows()[num]
        self.up = self.secure = True
        self.follows = False
        self.policy = None
        self.change(**details)

    def change(self, **details):
        """Change attributes of the port."""
        for name, value in details.items():
            assert hasattr(self, name), name
            setattr(self, name, value)

    def details(self):
        """The server's answer about it."""
        return {
            "device": self.mac, "mac_address": self.mac, "port_id": self.id,
            "network_id": NETWORK, "network_type": "vlan",
            "segmentation_id": 100 + self.num, "physical_network": "physnet",
            "fixed_ips": [], "allowed_address_pairs": [],
            "device_owner": "compute:nova", "admin_state_up": self.up,
            "port_security_enabled": self.secure,
            "propagate_uplink_status": self.follows,
            "qos_policy_id": self.policy, "network_qos_policy_id": None,
            "profile": {"pci_slot": self.slot}}

    def plug(self):
        """Give the VF to a guest, as Nova and libvirt do."""
        run("ip", "link", "set", self.pf.dev, "vf", self.num, "mac", self.mac,
            "vlan", 100 + self.num)
        bind(self.pf.vf(self.num), "vfio-pci")

    def unplug(self):
        """Remove it from the guest."""
        bind(self.pf.vf(self.num), "svnicvf")
        run("ip", "link", "set", self.pf.dev, "vf", self.num, "mac",
            self.was["address"], "vlan", self.was["vlan"])

    def wait_shown(self):
        """Wait until the VF has the settings of the port."""
        state = "disable" if not self.up else \
            "auto" if self.follows else "enable"
        wanted = {"address": self.mac, "vlan": 100 + self.num,
                  "spoofchk": self.secure, "link_state": state,
                  "rate": RATES[self.policy], "trust": self.was["trust"]}
        wait_until(lambda: wanted.items() <= self.pf.shows()[self.num].items(),
                   lambda: (wanted, self.pf.shows()[self.num]))


class Server:
    """The Neutron server, as far as the agent uses it."""

    # these modules take long to import, and stay in memory
    def __init__(self):
        # pylint: disable=import-outside-toplevel
        from neutron.api.rpc.callbacks.producer import registry
        from neutron.api.rpc.callbacks import resources
        from neutron.api.rpc.handlers import resources_rpc
        from neutron_lib import constants, context, rpc
        from neutron_lib.agent import topics
        import oslo_messaging
        self.target = oslo_messaging.Target(version="1.9")
        self.ports = {}
        self.asked, self.up, self.down, self.gone = set(), set(), set(), set()
        registry.provide(self.policy, resources.QOS_POLICY)
        self.reports = Reports(oslo_messaging.Target(
            version="1.3", namespace=constants.RPC_NAMESPACE_STATE))
        connection = rpc.Connection()
        connection.create_consumer(
            topics.PLUGIN, [self, resources_rpc.ResourcesPullRpcCallback()])
        connection.create_consumer(topics.REPORTS, [self.reports])
        connection.consume_in_threads()
        topic = topics.get_topic_name(topics.AGENT, topics.PORT, topics.UPDATE)
        self._agents = rpc.get_client(oslo_messaging.Target(
            topic=topic, version="1.0")).prepare(topic=topic, fanout=True)
        self._context = context.get_admin_context_without_session()

    def add(self, port):
        """Create a port, and give its VF to a guest."""
        self.ports[port.mac] = port
        port.plug()

    def change(self, port, **details):
        """Change a port, and notify the agents."""
        port.change(**details)
        for told in self.up, self.down:
            told.discard(port.mac)
        self._agents.cast(self._context, "port_update", port={
            "id": port.id, "mac_address": port.mac,
            "binding:vnic_type": "direct",
            "binding:profile": {"pci_slot": port.slot}})

    @staticmethod
    def policy(_kind, number, **_):
        """The policy of this number."""
        # pylint: disable=import-outside-toplevel
        from neutron.objects.qos import policy, rule
        most, least = POLICIES[number]
        rules = [rule.QosBandwidthLimitRule(
            id=number[:-2] + "a1", qos_policy_id=number, max_kbps=most,
            max_burst_kbps=0, direction="egress")]
        if least:
            rules.append(rule.QosMinimumBandwidthRule(
                id=number[:-2] + "a2", qos_policy_id=number, min_kbps=least,
                direction="egress"))
        return policy.QosPolicy(id=number, project_id="svnic", name="policy",
                                shared=False, rules=rules, is_default=False)

    # calls of the agent

    def get_devices_details_list(self, _context, devices, **_):
        """Details of the devices that the agent has found."""
        self.asked.update(mac for mac, _ in devices)
        return [self.ports[mac].details() if mac in self.ports
                else {"device": mac} for mac, _ in devices]

    def update_device_list(self, _context, devices_up, devices_down, **_):
        """Devices that are set up."""
        self.up.update(mac for mac, _ in devices_up)
        self.down.update(mac for mac, _ in devices_down)
        return {"devices_up": devices_up, "devices_down": devices_down,
                "failed_devices_up": [], "failed_devices_down": []}

    def update_device_down(self, _context, device, **_):
        """A device that was removed."""
        self.gone.add(device[0])
        return {"device": device[0], "exists": True}


class Reports:
    """State reports of the agent."""

    def __init__(self, target):
        self.target = target
        self.last = {}

    def report_state(self, _context, agent_state, **_):
        """The agent runs."""
        self.last = agent_state["agent_state"]


def came(told, port):
    """Wait until the agent reports a port to the server."""
    wait_until(lambda: port.mac in told, f"VF {port.num}")


def ports(pf, server):
    """Ports are added, changed and removed, with their VFs."""
    before = pf.shows()
    one = Port(pf, 0, policy=LIMITED)
    two = Port(pf, VFS - 1, follows=True)
    other = Port(pf, EXCLUDED)
    for port in other, one, two:
        server.add(port)
    for port in one, two:
        came(server.up, port)
        port.wait_shown()
    server.change(one, up=False)
    came(server.down, one)
    one.wait_shown()
    server.change(one, up=True, secure=False, policy=CAPPED)
    came(server.up, one)
    one.wait_shown()
    server.change(one, policy=None)
    one.wait_shown()
    server.change(one, policy=LIMITED)
    one.wait_shown()
    # the agent does not change other VFs
    assert other.mac not in server.asked, server.asked
    for name in "spoofchk", "link_state", "rate":
        assert pf.shows()[EXCLUDED][name] == before[EXCLUDED][name]
    for port in one, two, other:
        port.unplug()
        if port != other:
            came(server.gone, port)
    wait_until(lambda: pf.shows()[0]["rate"] == RATES[None],
               lambda: pf.shows()[0])
    # it leaves link state and spoof check to the next port, which exists
    server.gone.clear()
    for told in server.up, server.down, server.gone:
        told.clear()
    one.change(secure=True, follows=True, policy=None)
    server.add(one)
    came(server.up, one)
    one.wait_shown()
    one.unplug()
    came(server.gone, one)
    assert pf.shows() == before, (before, pf.shows())


def test(pf, passed):
    """The test, in a thread of the agent's process."""
    # pylint: disable=import-outside-toplevel
    from neutron_lib import rpc
    try:
        wait_until(lambda: rpc.TRANSPORT and rpc.NOTIFICATION_TRANSPORT,
                   "the agent")
        server = Server()
        for _ in range(TURNS):
            ports(pf, server)
        wait_until(lambda: server.reports.last, "a report")
        mapped = server.reports.last["configurations"]["device_mappings"]
        assert mapped == {"physnet": [pf.dev]}, mapped
        passed.set()
    except Exception:  # pylint: disable=broad-except
        print(traceback.format_exc(), flush=True)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


def agent(pf):
    """Run the agent during the test; returns whether it passed."""
    # pylint: disable=import-outside-toplevel
    from neutron.plugins.ml2.drivers.mech_sriov.agent import sriov_nic_agent
    sys.argv[1:] = ["--config-file", "/etc/neutron/neutron.conf",
                    "--config-file", str(CONFIG)]
    passed = threading.Event()
    threading.Thread(target=test, args=(pf, passed), daemon=True).start()
    sriov_nic_agent.main()
    return passed.is_set()


def main():
    """Run the agent in a process of its own."""
    pf = Pf()
    run("modprobe", "vfio-pci")
    run("ip", "link", "set", pf.dev, "up")
    pf.set_vfs(VFS)
    CONFIG.write_text(SETTINGS.format(log=LOG, dev=pf.dev,
                                      excluded=pf.vf(EXCLUDED).name))
    child = os.fork()
    if not child:
        try:
            passed = agent(pf)
        except (Exception, SystemExit):  # pylint: disable=broad-except
            print(traceback.format_exc(), flush=True)
            passed = False
        # the agent has threads that do not end
        os._exit(not passed)  # pylint: disable=protected-access
    _, status = os.waitpid(child, 0)
    said = LOG.read_text() if LOG.exists() else ""
    bad = [line for line in said.splitlines() if " ERROR " in line]
    if status or bad:
        print(said[-8000:])
    assert not status and not bad, (status, bad)
    pf.set_vfs(0)
