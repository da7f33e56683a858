// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of the reference NIC with a hostile or faulty PF driver: it may harm
 * the traffic of its VFs, but not their memory or the NIC. After a reset of the
 * PF everything works again.
 */
#include "flow.h"
#include "net.h"
#include "svnic_core_priv.h"

#define VFS	2
#define FNS	(1 + VFS)
#define RING_SIZE	64

struct tally tallies[] = {
	{ .what = "admin commands" },
	{ 0 },
};

static uint64_t data, ring, requests, mbx[FNS], cmds[FNS];
static uint32_t prod;
static uint16_t cookie;
static bool sound;	/* rings are where this driver thinks they are */

/* State that a command that fails must not change. */
struct before {
	struct svnic_vport_state	vport[FNS];
	uint8_t				ready[FNS];
	uint64_t			flow[FNS];
};

static void note(struct before *b)
{
	unsigned int fn;

	for (fn = 0; fn < FNS; fn++) {
		b->vport[fn] = h->core->fn[fn].s.vport;
		b->ready[fn] = h->core->fn[fn].s.ready;
		b->flow[fn] = flow_digest(fn);
	}
}

/* No vport has more of a pool than there is in total. */
static void check_pools(void)
{
	const struct svnic_core *core = h->core;
	uint32_t macs = 0, vids = 0, fn;

	for (fn = 0; fn < FNS; fn++) {
		const struct svnic_vport_state *v = &core->fn[fn].s.vport;

		MUST(v->queues <= core->fn[fn].max_queues);
		MUST(v->vectors <= core->fn[fn].max_vectors);
		MUST(!fn || (v->macs <= v->mac_filters &&
			     v->vids <= v->vlan_filters));
		macs += fn ? v->mac_filters : v->macs;
		vids += fn ? v->vlan_filters : v->vids;
	}
	MUST(macs <= core->config.mac_filters);
	MUST(vids <= core->config.vlan_filters);
	flow_check();
}

/* Number of answers to commands, and the status of the last one. */
static unsigned int answers(uint32_t *status)
{
	struct svnic_event event;
	unsigned int n = 0;

	run();
	while (event_get(0, &event)) {
		if (event.type == SVNIC_EVENT_COMMAND) {
			MUST(!sound || (event.data & 0xffff) == cookie);
			*status = event.data >> 16;
			n++;
		}
		event_cons(0);
	}
	return n;
}

static void execute(struct svnic_cmd *cmd)
{
	struct svnic_cmd *slots = mem_at(ring);
	static struct before before, after;
	uint32_t status = 0;
	unsigned int n;

	cmd->cookie = ++cookie;
	slots[prod++ % RING_SIZE] = *cmd;
	note(&before);
	wr(0, SVNIC_REG_CMD_PROD, prod);
	n = answers(&status);
	MUST(!sound || n == 1);
	if (!n)
		return;
	tallies[0].done++;
	check_pools();
	note(&after);
	if (status)
		MUST(!memcmp(&before, &after, sizeof(before)));
}

static void some_mac(struct input *in, uint8_t *mac)
{
	uint8_t pick = in8(in);

	memset(mac, 0, 6);
	mac[0] = pick >> 6;
	mac[5] = pick & 7;
	if (pick & 0x20)
		in_bytes(in, mac, 6);
}

static void some_cfg(struct input *in, struct svnic_vport_cfg *cfg)
{
	uint8_t pick = in8(in);

	cfg->mask = pick & SVNIC_VPORT_SET_ALL;
	cfg->flags = in8(in) & SVNIC_VPORT_FLAGS;
	cfg->flags_mask = in8(in) & SVNIC_VPORT_FLAGS;
	some_mac(in, cfg->mac);
	if (cfg->mask & SVNIC_VPORT_SET_FRAME_MAX)
		cfg->frame_max = in16(in) & 0x3fff;
	if (cfg->mask & SVNIC_VPORT_SET_PORT_VLAN) {
		cfg->port_vlan = in16(in);
		cfg->port_vlan_proto = pick & 0x80 ? 0x8100 : 0x88a8;
	}
	if (cfg->mask & SVNIC_VPORT_SET_LINK)
		cfg->link = in8(in) & 3;
	if (cfg->mask & SVNIC_VPORT_SET_MAC)
		cfg->mac_rule = pick >> 5;
}

static void some_rate(struct input *in, struct svnic_vport_rate *rate)
{
	rate->share = in32(in);
	rate->max = in32(in);
	rate->weight = in16(in) % (SVNIC_RATE_WEIGHT_MAX + 2);
	rate->priority = in8(in) % (SVNIC_RATE_PRIORITIES + 1);
}

/* A few, or about as many as there are. */
static uint16_t some_share(struct input *in)
{
	uint8_t pick = in8(in);

	return pick & 0x80 ? pick % 68 : pick % 6;
}

static void some_params(struct input *in, struct svnic_cmd *cmd)
{
	unsigned int fn = cmd->vport < FNS ? cmd->vport : 0;
	uint8_t pick;

	switch (cmd->opcode) {
	case SVNIC_ADMIN_VPORT_SET:
		some_cfg(in, &cmd->vport_cfg);
		break;
	case SVNIC_ADMIN_VPORT_GRANT:
		cmd->grant.queues = in8(in) % 8;
		cmd->grant.vectors = in8(in) % 8;
		cmd->grant.mac_filters = some_share(in);
		cmd->grant.vlan_filters = some_share(in);
		pick = in8(in);
		cmd->grant.flow_rules = pick & 0x80 ? pick * 2 : pick % 20;
		cmd->grant.rss_contexts = pick & 0x40 ? pick % 20 : pick % 5;
		break;
	case SVNIC_ADMIN_NOTE_SET:
		in_bytes(in, cmd->note.data, sizeof(cmd->note));
		break;
	case SVNIC_ADMIN_RATE_SET:
		some_rate(in, &cmd->rate);
		break;
	case SVNIC_ADMIN_VPORT_ENABLE:
		cmd->enable.reset_seq = h->core->fn[fn].s.reset_seq -
					(in8(in) == 0xff);
		break;
	case SVNIC_ADMIN_MAC_ADD:
	case SVNIC_ADMIN_MAC_DEL:
		some_mac(in, cmd->mac.mac);
		if (cmd->opcode == SVNIC_ADMIN_MAC_ADD)
			cmd->mac.rule = in8(in) & 3;
		break;
	case SVNIC_ADMIN_VLAN_ADD:
	case SVNIC_ADMIN_VLAN_DEL:
		pick = in8(in);
		cmd->vlan.vid = pick % 16;
		cmd->vlan.proto = pick & 0x80 ? 0x88a8 : 0x8100;
		break;
	case SVNIC_ADMIN_FILTERS_CLEAR:
		cmd->clear.what = in8(in) & 3;
		break;
	case SVNIC_ADMIN_MBX_REPLY:
		cmd->reply.seq = h->core->fn[fn].s.mbx_seq -
				 (in8(in) == 0xff);
		cmd->data_len = 16 + in8(in) % 242;
		break;
	case SVNIC_ADMIN_NOTIFY:
		cmd->notify.bits = in8(in) & 7;
		break;
	}
}

/* Grants can change while a VF is not READY. */
static void disable(uint16_t vport)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VPORT_DISABLE,
					       vport);

	execute(&cmd);
}

/* One field of a command, or its memory, is invalid. */
static void spoil(struct input *in, struct svnic_cmd *cmd, uint8_t wrong)
{
	switch (wrong) {
	case 1:
		cmd->data_addr = in32(in);
		break;
	case 2:
		cmd->data_addr = q[1].txbuf;
		break;
	case 3:
		cmd->data_len = in32(in);
		break;
	case 4:
		cmd->vport = in16(in);
		break;
	case 5:
		cmd->opcode = in16(in);
		break;
	case 6:
		((uint8_t *)cmd)[in8(in) % sizeof(*cmd)] = in8(in);
		break;
	case 7:
		in_bytes(in, cmd->params, sizeof(cmd->params));
		break;
	}
}

/* A command of the PF about itself */
static void flow_command(struct input *in)
{
	struct svnic_cmd cmd = flow_some_cmd(in, data);

	spoil(in, &cmd, in8(in));
	execute(&cmd);
}

/* A command that is mostly valid; a byte selects what is invalid. */
static void command(struct input *in)
{
	static const uint8_t opcodes[] = {
		SVNIC_ADMIN_NOP, SVNIC_ADMIN_IDENTIFY, SVNIC_ADMIN_VPORT_SET,
		SVNIC_ADMIN_VPORT_SET, SVNIC_ADMIN_VPORT_GET,
		SVNIC_ADMIN_VPORT_GRANT, SVNIC_ADMIN_VPORT_ENABLE,
		SVNIC_ADMIN_VPORT_DISABLE, SVNIC_ADMIN_NOTE_SET,
		SVNIC_ADMIN_NOTE_GET, SVNIC_ADMIN_RATE_SET,
		SVNIC_ADMIN_RATE_GET, SVNIC_ADMIN_MAC_ADD,
		SVNIC_ADMIN_MAC_ADD, SVNIC_ADMIN_MAC_DEL,
		SVNIC_ADMIN_VLAN_ADD, SVNIC_ADMIN_VLAN_DEL,
		SVNIC_ADMIN_FILTERS_CLEAR, SVNIC_ADMIN_MBX_REPLY,
		SVNIC_ADMIN_NOTIFY, SVNIC_ADMIN_STATS_GET,
	};
	uint8_t pick = in8(in), wrong = in8(in);
	struct svnic_cmd cmd;

	cmd = admin_cmd(opcodes[pick % sizeof(opcodes)], in8(in) % FNS);
	cmd.data_addr = data;
	cmd.data_len = 256;
	if (cmd.opcode == SVNIC_ADMIN_VPORT_GRANT && wrong & 0x80)
		disable(cmd.vport);
	some_params(in, &cmd);
	spoil(in, &cmd, wrong);
	execute(&cmd);
}

/* The driver of a VF is started again. */
static void vf_start(unsigned int fn)
{
	wr(fn, SVNIC_REG_CTRL, 0);
	wr64(fn, SVNIC_REG_ACCEPT_LO, ALL_FEATURES(fn));
	wr(fn, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	wr64(fn, SVNIC_REG_EVQ_BASE_LO, evq[fn].addr);
	wr(fn, SVNIC_REG_EVQ_SIZE, EVQ_SIZE);
	wr64(fn, SVNIC_REG_MBX_BASE_LO, mbx[fn]);
	wr64(fn, SVNIC_REG_CMD_BASE_LO, cmds[fn]);
	wr(fn, SVNIC_REG_CMD_SIZE, FLOW_RING_SIZE);
	queue_zero(&q[fn]);
	queue_config(&q[fn]);
	wr(fn, SVNIC_QCFG(0, SVNIC_QCFG_CTRL),
	   SVNIC_QCTRL_TX | SVNIC_QCTRL_RX);
	queue_post(&q[fn], q[fn].rx_size);
}

static void vf_send(unsigned int fn, uint8_t pick)
{
	uint8_t frame[64];

	if (queue_status(&q[fn]) != (SVNIC_QSTATUS_TX | SVNIC_QSTATUS_RX))
		return;
	frame_eth(frame, pick & 8 ? mac_bcast : MAC(pick & 3), MAC(fn), 0x88b5,
		  sizeof(frame));
	if (pick & 0x10)
		memcpy(frame, mac_mcast, 6);
	if (q[fn].tx_prod - tx_cons(&q[fn]) < q[fn].tx_size)
		tx_frame(&q[fn], frame, sizeof(frame), 0);
	run();
	rx_drain(&q[fn]);
	queue_post(&q[fn], q[fn].rx_size - (q[fn].rx_prod - q[fn].rx_cons));
}

static void vf_act(struct input *in)
{
	uint8_t pick = in8(in);
	unsigned int fn = 1 + (pick & 1);

	if (pick & 2)
		vf_send(fn, pick >> 2);
	else if (pick & 4)
		wr(fn, SVNIC_REG_MBX_DB, 16 + pick);
	else if (pick & 8)
		vf_start(fn);
	else if (pick & 0x10)
		flow_post(in, fn, cmds[fn], mbx[fn] + 2048);
	else
		svnic_core_flr(h->core, fn);
}

/* Any register of the PF; this driver cannot rely on its rings then. */
static void write_reg(struct input *in)
{
	uint8_t pick = in8(in);
	uint32_t reg, val = in32(in);

	if (pick & 0x80)
		reg = SVNIC_REG_CMD_BASE_LO + pick % 8 * 4;
	else if (pick & 0x40)
		reg = SVNIC_REG_CTRL + pick % 16 * 4;
	else
		reg = in32(in) % svnic_core_bar_size(h->core, 0) & ~3u;
	if (pick & 0x20)
		val = MEM_BASE + val % h->used;
	sound = false;
	wr(0, reg, val);
}

static void pf_start(void)
{
	wr(0, SVNIC_REG_CTRL, 0);
	wr64(0, SVNIC_REG_ACCEPT_LO, ALL_FEATURES(0));
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	memset(mem_at(evq[0].addr), 0, EVQ_SIZE * sizeof(struct svnic_event));
	evq[0].cons = 0;
	wr64(0, SVNIC_REG_EVQ_BASE_LO, evq[0].addr);
	wr(0, SVNIC_REG_EVQ_SIZE, EVQ_SIZE);
	wr64(0, SVNIC_REG_MBX_RING_LO, requests);
	wr64(0, SVNIC_REG_CMD_BASE_LO, ring);
	wr(0, SVNIC_REG_CMD_SIZE, RING_SIZE);
	prod = 0;
	sound = !h->fail_read && !h->fail_write;
}

static void host_act(struct input *in)
{
	uint8_t pick = in8(in);

	switch (pick >> 5) {
	case 0:
		svnic_core_flr(h->core, 0);
		pf_start();
		break;
	case 1:
		svnic_core_set_vfs(h->core, pick % (VFS + 1));
		break;
	case 2:
		svnic_core_set_link(h->core, pick & 1);
		break;
	case 3:
		h->fail_fn = 0;
		h->fail_read = pick & 0x1f;
		sound = false;
		break;
	case 4:
		h->fail_fn = 0;
		h->fail_write = pick & 0x1f;
		sound = false;
		break;
	default:
		pf_start();
	}
}

/* After its reset the PF has a NIC that works, whatever happened before. */
static void recover(void)
{
	memset(q, 0, sizeof(q[0]) * FNS);
	memset(evq, 0, sizeof(evq[0]) * FNS);
	h->fail_read = 0;
	h->fail_write = 0;
	svnic_core_set_vfs(h->core, 0);
	svnic_core_flr(h->core, 0);
	svnic_core_set_link(h->core, true);
	net_up(VFS, 0);
	net_talk(1, 2);
	net_talk(2, 1);
}

void run_input(struct input *in)
{
	struct svnic_core_config config = host_config();
	unsigned int fn;

	config.vf_max = VFS;
	hostile = 0;
	net_start(&config, 0);
	ring = mem_alloc(0, 4096);
	data = mem_alloc(0, 4096);
	for (fn = 1; fn <= VFS; fn++) {
		mbx[fn] = mem_alloc(fn, 4096);
		wr64(fn, SVNIC_REG_MBX_BASE_LO, mbx[fn]);
		cmds[fn] = mem_alloc(fn, 4096);
		wr64(fn, SVNIC_REG_CMD_BASE_LO, cmds[fn]);
		wr(fn, SVNIC_REG_CMD_SIZE, FLOW_RING_SIZE);
	}
	requests = mem_alloc(0, 4096);
	cookie = 0;
	pf_start();
	while (in->left) {
		switch (in8(in) % 16) {
		case 0:
			write_reg(in);
			break;
		case 1:
			vf_act(in);
			break;
		case 2:
			host_act(in);
			break;
		case 3:
			advance(in8(in));
			break;
		case 4:
			flow_command(in);
			break;
		default:
			command(in);
		}
		run();
		flow_check();
		wire_clear();
	}
	recover();
}
