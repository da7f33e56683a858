// SPDX-License-Identifier: GPL-2.0-or-later
/* A PF that serves its VFs, as far as the NIC is concerned */
#include "core.h"
#include "flow.h"

static uint64_t requests, replies, infos;

void pf_start(void)
{
	EQ(vport_disable(GUEST), SVNIC_ERR_NONE);
	EQ(flow_grant(GUEST, 12, 3), SVNIC_ERR_NONE);
	EQ(vport_enable(GUEST, 0), SVNIC_ERR_NONE);
	EQ(vport_flags(GUEST, SVNIC_VPORT_SPOOFCHK, SVNIC_VPORT_SPOOFCHK),
	   SVNIC_ERR_NONE);
	/*
	 * The others accept no VLANs, so they get no frames of the guest's
	 * VLANs.
	 */
	EQ(vport_flags(NEIGHBOUR, SVNIC_VPORT_VLAN_FILTER,
		       SVNIC_VPORT_VLAN_FILTER), SVNIC_ERR_NONE);
	EQ(vport_flags(0, SVNIC_VPORT_VLAN_FILTER, SVNIC_VPORT_VLAN_FILTER),
	   SVNIC_ERR_NONE);
	requests = mem_alloc(0, FNS_MAX * SVNIC_MBX_MSG_MAX);
	replies = mem_alloc(0, SVNIC_MBX_MSG_MAX);
	infos = mem_alloc(0, sizeof(struct svnic_vport_info));
	wr64(0, SVNIC_REG_MBX_RING_LO, requests);
	run();
}

static void set_flags(uint32_t flags)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VPORT_SET, GUEST);

	cmd.vport_cfg.mask = SVNIC_VPORT_SET_FLAGS;
	cmd.vport_cfg.flags = flags & SVNIC_VPORT_VLAN_FILTER;
	cmd.vport_cfg.flags_mask = SVNIC_VPORT_VLAN_FILTER;
	admin_post(&cmd);
}

static void set_frame_max(uint16_t frame_max)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VPORT_SET, GUEST);

	cmd.vport_cfg.mask = SVNIC_VPORT_SET_FRAME_MAX;
	cmd.vport_cfg.frame_max = frame_max;
	admin_post(&cmd);
}

/*
 * The administrator sets or clears the guest's port VLAN. The guest does not
 * keep addresses that were free in one VLAN when it is moved to another.
 */
void pf_set_vlan(uint16_t tci, uint16_t proto)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_FILTERS_CLEAR,
					       GUEST);

	admin_post(&cmd);
	cmd = admin_cmd(SVNIC_ADMIN_VPORT_SET, GUEST);
	cmd.vport_cfg.mask = SVNIC_VPORT_SET_PORT_VLAN;
	cmd.vport_cfg.port_vlan = tci;
	cmd.vport_cfg.port_vlan_proto = proto;
	admin_post(&cmd);
	run();
	net_drain_wire();
	net_port_vlan = tci;
	net_port_proto = proto;
}

/* Rates of the guest; a NIC without SVNIC_F_RATE has no such command. */
void pf_set_rate(uint64_t share, uint64_t max)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_RATE_SET, GUEST);

	cmd.rate.share = share;
	cmd.rate.max = max;
	cmd.rate.weight = SVNIC_RATE_WEIGHT_DEFAULT;
	admin_post(&cmd);
	run();
}

/* Stops the guest. */
void pf_disable(void)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VPORT_DISABLE,
					       GUEST);

	admin_post(&cmd);
	run();
}

/* An untrusted guest must not get an address of its neighbour. */
static void add_mac(const uint8_t *mac)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_MAC_ADD, GUEST);

	memcpy(cmd.mac.mac, mac, sizeof(cmd.mac.mac));
	if (!(mac[0] & 1))
		cmd.mac.rule = SVNIC_MAC_EXCLUSIVE;
	admin_post(&cmd);
}

static void add_vlan(const struct svnic_mbx_vlans *vlans)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VLAN_ADD, GUEST);

	cmd.vlan.vid = vlans->vid[0];
	cmd.vlan.proto = vlans->proto;
	admin_post(&cmd);
}

/* A message must be in the slot of the VF that has sent it. */
static void check_slots(void)
{
	const uint8_t *others = mem_at(requests + SVNIC_MBX_MSG_MAX);
	size_t len = (FNS_MAX - 1) * SVNIC_MBX_MSG_MAX;

	MUST(!others[0] && !memcmp(others, others + 1, len - 1));
}

static void serve_request(const struct svnic_event *event)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_MBX_REPLY, GUEST);
	struct {
		struct svnic_mbx_hdr	hdr;
		union {
			struct svnic_mbx_macs		macs;
			struct svnic_mbx_vlans		vlans;
			struct svnic_mbx_rx_mode	rx_mode;
			struct svnic_mbx_mtu		mtu;
			uint8_t				bytes[240];
		};
	} msg;

	CHECK(event->data >= sizeof(msg.hdr) && event->data <= sizeof(msg));
	memcpy(&msg, mem_at(requests), sizeof(msg));
	check_slots();
	switch (msg.hdr.opcode) {
	case SVNIC_MBX_MAC_ADD:
		add_mac(msg.macs.mac[0]);
		break;
	case SVNIC_MBX_VLAN_ADD:
		add_vlan(&msg.vlans);
		break;
	case SVNIC_MBX_RX_MODE:
		set_flags(msg.rx_mode.flags);
		break;
	case SVNIC_MBX_SET_MTU:
		set_frame_max(msg.mtu.frame_max);
		break;
	}

	cmd.data_len = msg.hdr.opcode == SVNIC_MBX_GET_CONFIG ? 48 : 16;
	msg.hdr.len = cmd.data_len;
	memcpy(mem_at(replies), &msg, cmd.data_len);
	cmd.data_addr = replies;
	cmd.reply.seq = event->data2;
	admin_post(&cmd);
	messages->done++;
}

static void serve_reset(const struct svnic_event *event)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VPORT_ENABLE, GUEST);

	cmd.enable.reset_seq = event->data2;
	admin_post(&cmd);
}

/* The answer allows the NIC to report the next error. */
static void serve_error(void)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VPORT_GET, GUEST);

	cmd.data_addr = infos;
	cmd.data_len = sizeof(struct svnic_vport_info);
	admin_post(&cmd);
}

/* What the NIC reports about a VF must be about the VF that has caused it. */
void pf_serve(void)
{
	struct svnic_event event;

	while (event_get(0, &event)) {
		switch (event.type) {
		case SVNIC_EVENT_MBX_REQUEST:
			EQ(event.vf, GUEST - 1);
			serve_request(&event);
			break;
		case SVNIC_EVENT_VF_RESET:
			EQ(event.vf, GUEST - 1);
			serve_reset(&event);
			break;
		case SVNIC_EVENT_QUEUE_ERROR:
			EQ(event.vf, GUEST - 1);
			serve_error();
			break;
		case SVNIC_EVENT_COMMAND:
		case SVNIC_EVENT_LINK:
			EQ(event.vf, SVNIC_EVENT_SELF);
			break;
		default:
			CHECK(!"event for the PF");
		}
		event_cons(0);
	}
}

void pf_settle(void)
{
	run();
	pf_serve();
	flow_check();
	net_drain(0);
	net_drain(NEIGHBOUR);
	net_drain_wire();
}

void pf_talk(void)
{
	h->wire_room = ~0u;
	svnic_core_set_link(h->core, true);
	run();
	pf_serve();
	net_drain_wire();
	net_talk(NEIGHBOUR, 0);
	net_talk(0, NEIGHBOUR);
}

void sides_start(uint8_t how)
{
	struct svnic_core_config config = host_config();

	config.vf_max = NEIGHBOUR;
	config.wire_gso = how & 1;
	config.wire_csum = how & 3;
	hostile = GUEST;
	net_start(&config, how & 4 ? SVNIC_F_EVENT_IDX : 0);
	pf_start();
	guest_start();
}
