// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections 10.1 to 10.4: every command and every check. */
#include "svnic_core_priv.h"
#include "test.h"

static uint64_t data;

static void setup(void)
{
	host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
	data = mem_alloc(0, 4096);
}

/* A command without parameters, and members that are set besides. */
#define CMD(op, ...) \
	admin(&(struct svnic_cmd){ .opcode = (op), .params = { 0 }, \
					 ##__VA_ARGS__ })

static void start_checks(void)
{
	host_new(NULL);
	wr(0, SVNIC_REG_CMD_SIZE, 64);
	EQ(rd(0, SVNIC_REG_CMD_SIZE), 0);
	EQ(rd(0, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_NOT_READY);
	/* Without the feature there is no command queue. */
	wr64(0, SVNIC_REG_ACCEPT_LO, 0);
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	wr(0, SVNIC_REG_CMD_SIZE, 64);
	EQ(rd(0, SVNIC_REG_CMD_SIZE), 0);
	wr(0, SVNIC_REG_CTRL, 0);
	wr64(0, SVNIC_REG_ACCEPT_LO, SVNIC_F_ADMIN | SVNIC_F_COMMAND);
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	wr(0, SVNIC_REG_CMD_SIZE, 8);
	EQ(rd(0, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_CONFIG);
	wr(0, SVNIC_REG_CMD_SIZE, 8192);
	wr(0, SVNIC_REG_CMD_SIZE, 100);
	wr64(0, SVNIC_REG_CMD_BASE_LO, 16);
	wr(0, SVNIC_REG_CMD_SIZE, 64);
	EQ(rd(0, SVNIC_REG_CMD_SIZE), 0);
	evq_start(0, 64);
	admin_start();
	EQ(CMD(SVNIC_ADMIN_NOP), 0);
	/* Without ADMIN the PF has the commands of every function. */
	wr(0, SVNIC_REG_CTRL, 0);
	wr64(0, SVNIC_REG_ACCEPT_LO, SVNIC_F_COMMAND);
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	evq_start(0, 64);
	admin_start();
	EQ(CMD(SVNIC_ADMIN_NOP), SVNIC_ERR_OPCODE);
	EQ(CMD(SVNIC_ADMIN_STATS_GET), SVNIC_ERR_OPCODE);
}

static void common_checks(void)
{
	struct svnic_cmd cmd;
	unsigned int op, i;

	setup();
	for (op = 0; op < 0x10000; op += op < 0x100 ? 1 : 0x101) {
		switch (op) {
		case SVNIC_ADMIN_NOP:
		case SVNIC_ADMIN_PORT_STATS:
		case SVNIC_ADMIN_IDENTIFY:
		case SVNIC_ADMIN_VPORT_SET ... SVNIC_ADMIN_NOTE_GET:
		case SVNIC_ADMIN_RATE_SET ... SVNIC_ADMIN_RATE_GET:
		case SVNIC_ADMIN_MAC_ADD ... SVNIC_ADMIN_FILTERS_CLEAR:
		case SVNIC_ADMIN_MBX_REPLY ... SVNIC_ADMIN_NOTIFY:
		case SVNIC_ADMIN_STATS_GET:
		case SVNIC_FN_CAPS_GET:
			EQ(CMD(op, .rsvd0 = 1), SVNIC_ERR_PARAM);
			EQ(CMD(op, .rsvd1 = 1), SVNIC_ERR_PARAM);
			EQ(CMD(op, .vport = 9), SVNIC_ERR_PARAM);
			EQ(CMD(op, .vport = 0xffff), SVNIC_ERR_PARAM);
			break;
		default:
			EQ(CMD(op), SVNIC_ERR_OPCODE);
		}
	}
	/* Bytes of parameters that a command does not use must be zero. */
	for (i = 0; i < 40; i++) {
		cmd = admin_cmd(SVNIC_ADMIN_NOP, 0);
		cmd.params[i] = 1;
		EQ(admin(&cmd), SVNIC_ERR_PARAM);
		cmd = admin_cmd(SVNIC_ADMIN_FILTERS_CLEAR, 0);
		cmd.params[i] = 0x80;
		EQ(admin(&cmd), SVNIC_ERR_PARAM);
		if (i < 8)
			continue;
		cmd = admin_cmd(SVNIC_ADMIN_MAC_ADD, 0);
		cmd.mac.mac[5] = 1;
		cmd.params[i] = 1;
		EQ(admin(&cmd), SVNIC_ERR_PARAM);
	}
	EQ(CMD(SVNIC_ADMIN_NOP, .vport = 1), SVNIC_ERR_PARAM);
	EQ(CMD(SVNIC_ADMIN_NOP, .data_len = 99, .data_addr = 3), 0);
}

static void identify(void)
{
	struct svnic_identity *id;

	setup();
	id = mem_at(data);
	memset(id, 0x5a, 4096);
	EQ(CMD(SVNIC_ADMIN_IDENTIFY, .data_len = 64, .data_addr = data), 0);
	EQ(id->vf_max, 8);
	EQ(id->queues, 4 + 8 * 4);
	EQ(id->vectors, 5 + 8 * 5);
	EQ(id->mac_filters, 64);
	EQ(id->vlan_filters, 64);
	EQ(id->flow_rules, 256);
	EQ(id->rss_contexts, 16);
	CHECK(!strcmp(id->serial, "SN-0001"));
	CHECK(id->fw_version[0] && memchr(id->fw_version, 0, 16));
	EQ(((uint8_t *)id)[64], 0x5a);
	EQ(CMD(SVNIC_ADMIN_IDENTIFY, .data_len = 63, .data_addr = data),
	   SVNIC_ERR_PARAM);
	EQ(CMD(SVNIC_ADMIN_IDENTIFY, .data_len = 100, .data_addr = data), 0);
	EQ(CMD(SVNIC_ADMIN_IDENTIFY, .data_len = 64, .data_addr = data + 4),
	   SVNIC_ERR_PARAM);
	EQ(CMD(SVNIC_ADMIN_IDENTIFY, .data_len = 64, .data_addr = 8),
	   SVNIC_ERR_DMA);
	EQ(CMD(SVNIC_ADMIN_IDENTIFY, .vport = 1, .data_len = 64,
	       .data_addr = data), SVNIC_ERR_PARAM);
}

static void vport_set_checks(void)
{
	const struct svnic_vport_cfg good = {
		.mask = SVNIC_VPORT_SET_ALL,
		.flags = SVNIC_VPORT_SPOOFCHK,
		.flags_mask = SVNIC_VPORT_FLAGS,
		.mac = { 2, 1, 1, 1, 1, 1 },
		.frame_max = 2000,
		.port_vlan = 0xf123,
		.port_vlan_proto = 0x88a8,
		.link = SVNIC_VPORT_LINK_UP,
	};
	struct svnic_vport_cfg c;
	struct svnic_vport_info before, info;
	unsigned int i;

	setup();
	before = vport_info(1);
#define BAD(what) do {							\
		c = good;						\
		what;							\
		EQ(vport_set(1, &c), SVNIC_ERR_PARAM);			\
		info = vport_info(1);					\
		CHECK(!memcmp(&info, &before, sizeof(info)));		\
} while (0)
	for (i = 5; i < 32; i++)
		BAD(c.mask |= 1u << i);
	for (i = 5; i < 32; i++) {
		BAD(c.flags |= 1u << i);
		BAD(c.flags_mask |= 1u << i);
	}
	BAD(c.mac[0] = 1);
	BAD(memset(c.mac, 0xff, 6));
	BAD(c.frame_max = 63);
	BAD(c.frame_max = 0);
	BAD(c.frame_max = SVNIC_FRAME_MAX + 1);
	BAD(c.frame_max = 65535);
	BAD(c.port_vlan = 4095);
	BAD(c.port_vlan = 0x2000);
	BAD(c.port_vlan_proto = 0);
	BAD(c.port_vlan_proto = 0x0800);
	BAD(c.link = 3);
	BAD(c.link = 255);
	for (i = 0; i < sizeof(c.rsvd); i++)
		BAD(c.rsvd[i] = 1);
	EQ(vport_set(1, &good), 0);
	info = vport_info(1);
	EQ(info.cfg.mask, SVNIC_VPORT_SET_ALL);
	EQ(info.cfg.flags, SVNIC_VPORT_SPOOFCHK);
	EQ(info.cfg.flags_mask, SVNIC_VPORT_FLAGS);
	CHECK(!memcmp(info.cfg.mac, good.mac, 6));
	EQ(info.cfg.frame_max, 2000);
	EQ(info.cfg.port_vlan, 0xf123);
	EQ(info.cfg.port_vlan_proto, 0x88a8);
	EQ(info.cfg.link, SVNIC_VPORT_LINK_UP);
	/* Only members that the mask names are used; the rest is ignored. */
	memset(&c, 0xff, sizeof(c));
	memset(c.rsvd, 0, sizeof(c.rsvd));
	c.mac_rule = SVNIC_MAC_SHARE;
	c.mask = 0;
	before = info;
	EQ(vport_set(1, &c), 0);
	info = vport_info(1);
	CHECK(!memcmp(&info, &before, sizeof(info)));
	c.mask = SVNIC_VPORT_SET_FLAGS;
	c.flags = SVNIC_VPORT_FLAGS;
	c.flags_mask = SVNIC_VPORT_BCAST;
	EQ(vport_set(1, &c), 0);
	EQ(vport_info(1).cfg.flags, SVNIC_VPORT_SPOOFCHK | SVNIC_VPORT_BCAST);
	/* No port VLAN: the protocol is ignored. */
	c.mask = SVNIC_VPORT_SET_PORT_VLAN;
	c.port_vlan = 0;
	EQ(vport_set(1, &c), 0);
	EQ(vport_info(1).cfg.port_vlan, 0);
	EQ(vport_info(1).cfg.port_vlan_proto, 0);
	EQ(vport_mac(1, (const uint8_t [6]){ 0 }), 0);
}

static void defaults(void)
{
	struct svnic_vport_info info;

	setup();
	info = vport_info(0);
	EQ(info.cfg.flags, SVNIC_VPORT_BCAST);
	CHECK(!memcmp(info.cfg.mac, MAC(0), 6));
	EQ(info.cfg.frame_max, 1518);
	EQ(info.cfg.link, SVNIC_VPORT_LINK_AUTO);
	EQ(info.grant.queues, 4);
	EQ(info.grant.vectors, 5);
	EQ(info.grant.mac_filters, 64);
	EQ(info.grant.vlan_filters, 64);
	EQ(info.status, SVNIC_STATUS_READY | SVNIC_STATUS_ENABLED);
	info = vport_info(8);
	EQ(info.cfg.flags, 0);
	EQ(info.cfg.frame_max, 1518);
	EQ(info.grant.queues, 0);
	EQ(info.grant.vectors, 0);
	EQ(info.grant.mac_filters, 0);
	EQ(info.reset_seq, 0);
	EQ(info.status, 0);
	EQ(CMD(SVNIC_ADMIN_VPORT_GET, .data_len = 63, .data_addr = data),
	   SVNIC_ERR_PARAM);
	EQ(CMD(SVNIC_ADMIN_VPORT_GET, .data_len = 64, .data_addr = 1 << 12),
	   SVNIC_ERR_DMA);
}

static void grants(void)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VPORT_GRANT, 1);
	unsigned int i;

	setup();
	EQ(vport_grant(0, 1, 1, 0, 0), SVNIC_ERR_PARAM);
	EQ(vport_grant(1, 5, 1, 0, 0), SVNIC_ERR_PARAM);
	EQ(vport_grant(1, 1, 6, 0, 0), SVNIC_ERR_PARAM);
	EQ(vport_grant(1, 65535, 65535, 0, 0), SVNIC_ERR_PARAM);
	for (i = 0; i < sizeof(cmd.grant.rsvd); i++) {
		memset(&cmd.grant, 0, sizeof(cmd.grant));
		cmd.grant.rsvd[i] = 1;
		EQ(admin(&cmd), SVNIC_ERR_PARAM);
	}
	/* From the pool of 64, 40 and 20 leave 4 for the PF. */
	EQ(vport_grant(1, 4, 5, 40, 60), 0);
	EQ(vport_grant(2, 4, 5, 25, 0), SVNIC_ERR_NO_SPACE);
	EQ(vport_grant(2, 4, 5, 0, 5), SVNIC_ERR_NO_SPACE);
	EQ(vport_grant(2, 4, 5, 20, 0), 0);
	EQ(vport_info(0).grant.mac_filters, 4);
	EQ(vport_info(0).grant.vlan_filters, 4);
	for (i = 0; i < 4; i++)
		EQ(vport_filter(0, MAC(100 + i), true), 0);
	EQ(vport_filter(0, MAC(104), true), SVNIC_ERR_NO_SPACE);
	/* Filters that the PF uses cannot be granted. */
	EQ(vport_grant(2, 4, 5, 21, 0), SVNIC_ERR_NO_SPACE);
	EQ(vport_grant(2, 4, 5, 19, 0), 0);
	EQ(vport_filter(0, MAC(104), true), 0);
	for (i = 0; i < 19; i++)
		EQ(vport_filter(2, MAC(i), true), 0);
	EQ(vport_filter(2, MAC(19), true), SVNIC_ERR_NO_SPACE);
	EQ(vport_grant(2, 4, 5, 18, 0), SVNIC_ERR_GRANT);
	EQ(vport_grant(2, 0, 0, 19, 0), 0);
	EQ(vport_vid(2, 5, true), SVNIC_ERR_NO_SPACE);
	/* Not while READY, whatever its driver does. */
	EQ(vport_enable(1, 0), 0);
	EQ(vport_grant(1, 1, 1, 0, 0), SVNIC_ERR_NOT_READY);
	svnic_core_set_vfs(h->core, 1);
	fn_up(1, ALL_FEATURES(1));
	EQ(vport_disable(1), 0);
	EQ(vport_grant(1, 1, 1, 0, 0), 0);
	EQ(rd(1, SVNIC_REG_QUEUES) & 0xffff, 1);
	EQ(vport_info(0).grant.mac_filters, 45);
}

static void enable_disable(void)
{
	struct svnic_event ev;
	unsigned int errors = 0;

	net_up(1, 0);
	EQ(vport_enable(0, 0), SVNIC_ERR_PARAM);
	EQ(vport_disable(0), SVNIC_ERR_PARAM);
	EQ(vport_enable(1, 1), SVNIC_ERR_STALE);
	EQ(vport_enable(1, 0), 0);
	EQ(vport_disable(1), 0);
	EQ(rd(1, SVNIC_REG_STATUS), SVNIC_STATUS_ENABLED);
	EQ(queue_error(&q[1], false), SVNIC_ERR_STOPPED);
	EQ(queue_error(&q[1], true), SVNIC_ERR_STOPPED);
	EQ(queue_status(&q[1]) & 3, 0);
	run();
	/* The VF is notified, the PF has done it itself. */
	while (event_get(1, &ev)) {
		EQ(ev.type, SVNIC_EVENT_QUEUE_ERROR);
		EQ(ev.data & 0x7fffffff, SVNIC_ERR_STOPPED << 16);
		errors++;
	}
	event_cons(1);
	EQ(errors, 2);
	CHECK(!event_get(0, &ev));
	EQ(vport_disable(1), 0);
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 3);
	EQ(queue_error(&q[1], true), SVNIC_ERR_NOT_READY);
	EQ(vport_enable(1, 0), 0);
	queue_start(&q[1]);
	/* A VF that has left ENABLED cannot enable itself again. */
	EQ(vport_disable(1), 0);
	wr(1, SVNIC_REG_CTRL, 0);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	EQ(rd(1, SVNIC_REG_STATUS), SVNIC_ERR_NOT_READY << 16);
}

static bool note_is(unsigned int vport, const struct svnic_vport_note *note)
{
	memset(mem_at(data), 0xff, sizeof(*note));
	EQ(CMD(SVNIC_ADMIN_NOTE_GET, .vport = vport, .data_len = 32,
	       .data_addr = data), 0);
	return !memcmp(mem_at(data), note, sizeof(*note));
}

/* The note is kept for the next driver of the PF, but not for the next VF. */
static void note(void)
{
	static const struct svnic_vport_note none;
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_NOTE_SET, 1);
	unsigned int i;

	net_up(2, 0);
	data = mem_alloc(0, 4096);
	CHECK(note_is(1, &none));
	for (i = 0; i < sizeof(cmd.note); i++)
		cmd.note.data[i] = 1 + rnd() % 255;
	EQ(admin(&cmd), 0);
	CHECK(note_is(1, &cmd.note));
	CHECK(note_is(2, &none));
	EQ(CMD(SVNIC_ADMIN_NOTE_GET, .vport = 0, .data_len = 32,
	       .data_addr = data), SVNIC_ERR_PARAM);
	EQ(CMD(SVNIC_ADMIN_NOTE_GET, .vport = 1, .data_len = 31,
	       .data_addr = data), SVNIC_ERR_PARAM);
	cmd.vport = 0;
	EQ(admin(&cmd), SVNIC_ERR_PARAM);

	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	fn_up(0, ALL_FEATURES(0));
	events_drain(0);
	CHECK(note_is(1, &cmd.note));
	svnic_core_set_vfs(h->core, 0);
	svnic_core_set_vfs(h->core, 2);
	CHECK(note_is(1, &none));
}

static enum svnic_error notify_vport(unsigned int vport, uint32_t bits)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_NOTIFY, vport);

	cmd.notify.bits = bits;
	return admin(&cmd);
}

static void notify(void)
{
	struct svnic_event ev;

	net_up(1, 0);
	EQ(notify_vport(1, 0), SVNIC_ERR_PARAM);
	EQ(notify_vport(1, 4), SVNIC_ERR_PARAM);
	EQ(notify_vport(1, 0x80000001), SVNIC_ERR_PARAM);
	EQ(notify_vport(0, 1), SVNIC_ERR_PARAM);
	EQ(notify_vport(1, SVNIC_NOTIFY_RESET), 0);
	CHECK(event_get(1, &ev));
	EQ(ev.type, SVNIC_EVENT_NOTIFY);
	EQ(ev.data, SVNIC_NOTIFY_RESET);
	EQ(ev.vf, SVNIC_EVENT_SELF);
}

static void stats(void)
{
	struct svnic_fn_stats *s;
	uint8_t frame[100];
	uint64_t data;

	net_up(2, 0);
	data = mem_alloc(0, 4096);
	frame_eth(frame, MAC(1), MAC(2), 0x88b5, 100);
	tx_frame(&q[2], frame, 100, 0);
	run();
	EQ(CMD(SVNIC_ADMIN_STATS_GET, .vport = 1, .data_len = 208,
	       .data_addr = data), 0);
	s = mem_at(data);
	EQ(s->rx_packets, 1);
	EQ(s->tx_packets, 0);
	EQ(s->doorbells, 1);
	EQ(CMD(SVNIC_ADMIN_STATS_GET, .vport = 2, .data_len = 300,
	       .data_addr = data), 0);
	EQ(s->tx_packets, 1);
	EQ(s->tx_bytes, 100);
	EQ(s->doorbells, 2);
	EQ(CMD(SVNIC_ADMIN_STATS_GET, .vport = 2, .data_len = 207,
	       .data_addr = data), SVNIC_ERR_PARAM);
}

/* Many at once, beyond the end of the ring; each answered once, in order. */
static void order(void)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_NOP, 0);
	struct svnic_event ev;
	unsigned int i, j, n = 0;

	setup();
	for (i = 0; i < 40; i++) {
		for (j = 0; j < 1 + i; j++) {
			cmd.cookie = n + j;
			cmd.opcode = j & 1 ? 0x7777 : SVNIC_ADMIN_NOP;
			admin_post(&cmd);
		}
		run();
		for (j = 0; j < 1 + i; j++) {
			CHECK(event_get(0, &ev));
			EQ(ev.type, SVNIC_EVENT_COMMAND);
			EQ(ev.data & 0xffff, (n + j) & 0xffff);
			EQ(ev.data >> 16, j & 1 ? SVNIC_ERR_OPCODE : 0);
			EQ(ev.data2, 0);
		}
		n += 1 + i;
		CHECK(!event_get(0, &ev));
		event_cons(0);
	}
}

static void ring_errors(void)
{
	setup();
	wr(0, SVNIC_REG_CMD_PROD, 65);
	EQ(rd(0, SVNIC_REG_CMD_SIZE), 0);
	EQ(rd(0, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_INDEX);
	run();
	CHECK(!events_drain(0));
	wr64(0, SVNIC_REG_CMD_BASE_LO, 64);
	wr(0, SVNIC_REG_CMD_SIZE, 64);
	wr(0, SVNIC_REG_CMD_PROD, 1);
	run();
	EQ(rd(0, SVNIC_REG_CMD_SIZE), 0);
	EQ(rd(0, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_DMA);
	admin_start();
	EQ(CMD(SVNIC_ADMIN_NOP), 0);
}

const struct test admin_tests[] = {
	TEST(start_checks),
	TEST(common_checks),
	TEST(identify),
	TEST(vport_set_checks),
	TEST(defaults),
	TEST(grants),
	TEST(enable_disable),
	TEST(note),
	TEST(notify),
	TEST(stats),
	TEST(order),
	TEST(ring_errors),
	{ 0 },
};
