// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 11: resets of VFs and of the PF, VF Enable. */
#include "svnic_core_priv.h"
#include "test.h"

static uint8_t frame[100];
static struct svnic_event ev;

/* FLR or CTRL.RESET: the device treats both in the same way. */
static void reset(unsigned int fn, bool flr)
{
	if (flr)
		svnic_core_flr(h->core, fn);
	else
		wr(fn, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	EQ(rd(fn, SVNIC_REG_STATUS) & SVNIC_STATUS_RESETTING, 0);
}

/* The protocol between device, PF and VF. */
static void vf_protocol(void)
{
	unsigned int i;

	net_up(1, 0);
	events_drain(0);
	for (i = 1; i <= 6; i++) {
		reset(1, i & 1);
		EQ(rd(1, SVNIC_REG_STATUS), 0);
		run();
		CHECK(event_get(0, &ev));
		EQ(ev.type, SVNIC_EVENT_VF_RESET);
		EQ(ev.vf, 0);
		EQ(ev.data, 0);
		EQ(ev.data2, i);
		event_cons(0);
		CHECK(!event_get(0, &ev));
		/* Not READY before the PF enables it. */
		wr64(1, SVNIC_REG_ACCEPT_LO, ALL_FEATURES(1));
		wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
		EQ(rd(1, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_NOT_READY);
		EQ(vport_enable(1, i - 1), SVNIC_ERR_STALE);
		EQ(vport_enable(1, i + 1), SVNIC_ERR_STALE);
		EQ(vport_info(1).reset_seq, i);
		EQ(vport_enable(1, i), 0);
		fn_up(1, ALL_FEATURES(1));
		queue_start(&q[1]);
	}
	EQ(STAT(1, resets), 6);
	/* Reset again before the answer: only the newest number is accepted. */
	reset(1, true);
	reset(1, true);
	run();
	CHECK(event_get(0, &ev));
	EQ(ev.data2, 8);
	event_cons(0);
	reset(1, false);
	run();
	EQ(vport_enable(1, 8), SVNIC_ERR_STALE);
	EQ(vport_enable(1, 9), 0);
}

/* The table of 11.6 for a VF. */
static void vf_keeps(void)
{
	struct svnic_vport_info info;
	uint32_t reg;

	net_up(1, 0);
	EQ(vport_flags(1, SVNIC_VPORT_FLAGS, SVNIC_VPORT_FLAGS), 0);
	EQ(vport_vlan(1, 0x2064, 0x88a8), 0);
	EQ(vport_link(1, SVNIC_VPORT_LINK_UP), 0);
	EQ(vport_filter(1, mac_other, true), 0);
	EQ(vport_filter(1, mac_mcast, true), 0);
	EQ(vport_vid(1, 7, true), 0);
	EQ(vport_svid(1, 7, true), 0);
	wr(1, SVNIC_REG_RSS_KEY, 0x12345678);
	rss_start(1);
	wr(1, SVNIC_REG_MODERATION_RX + 4, 100);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	tx_frame(&q[1], frame, 100, 0);
	run();
	reset(1, true);
	info = vport_info(1);
	EQ(info.cfg.flags, SVNIC_VPORT_SPOOFCHK | SVNIC_VPORT_BCAST);
	CHECK(!memcmp(info.cfg.mac, MAC(1), 6));
	EQ(info.cfg.port_vlan, 0x2064);
	EQ(info.cfg.port_vlan_proto, 0x88a8);
	EQ(info.cfg.link, SVNIC_VPORT_LINK_UP);
	EQ(info.cfg.frame_max, 9018);
	EQ(info.grant.queues, 4);
	EQ(info.grant.mac_filters, 4);
	EQ(info.mac_filters, 0);
	EQ(info.vlan_filters, 0);
	EQ(info.status, 0);
	EQ(rd(1, SVNIC_REG_MAC_HI), 0x0100);
	EQ(STAT(1, tx_packets), 1);
	for (reg = 0x100; reg < 0x400; reg += 4)
		EQ(rd(1, reg), 0);
	for (reg = 0x800; reg < 0x10000; reg += 4)
		EQ(rd(1, reg), 0);
	/* The filters are free again. */
	EQ(vport_filter(1, mac_other, true), 0);
}

/* Traffic in all directions, while one function is reset. */
static void during_traffic(void)
{
	struct svnic_frame w = { .data = frame, .len = 100 };
	unsigned int i, j, reads, writes;

	net_up(3, 0);
	for (i = 0; i < 50; i++) {
		h->wire_room = i & 1 ? 3 : 100;
		for (j = 0; j < 20; j++) {
			unsigned int fn = 1 + j % 3;

			frame_eth(frame, j & 1 ? mac_other : MAC(1 + rnd() % 3),
				  MAC(fn), 0x88b5, 100);
			tx_frame(&q[fn], frame, 100, 0);
		}
		frame_eth(frame, MAC(2), mac_other, 0x88b5, 100);
		svnic_core_wire_rx(h->core, &w);
		if (i % 3)
			svnic_core_run(h->core);
		reset(2, i & 2);
		reads = h->fn_reads[2];
		writes = h->fn_writes[2];
		irqs_take(2, 1);
		h->wire_room = 1000;
		run();
		svnic_core_wire_rx(h->core, &w);
		advance(1000);
		EQ(h->fn_reads[2], reads);
		EQ(h->fn_writes[2], writes);
		EQ(irqs_take(2, 1), 0);
		EQ(irqs_take(2, 0), 0);
		/* The others are not affected. */
		EQ(tx_cons(&q[1]), q[1].tx_prod);
		EQ(tx_cons(&q[3]), q[3].tx_prod);
		EQ(vport_enable(2, i + 1), 0);
		fn_up(2, ALL_FEATURES(2));
		queue_start(&q[2]);
		queue_post(&q[2], 64);
		run();
		frame_eth(frame, MAC(2), mac_other, 0x88b5, 100);
		wire_rx(frame, 100);
		EQ(rx_drain(&q[2]), 1);
		queue_post(&q[1], rx_drain(&q[1]));
		queue_post(&q[3], rx_drain(&q[3]));
		wire_clear();
	}
	EQ(STAT(1, tx_packets), 350);
	EQ(STAT(3, tx_packets), 300);
}

/* VFs continue while the PF is away, for any reason. */
static void pf_away(void)
{
	unsigned int way;

	net_up(2, 0);
	for (way = 0; way < 2; way++) {
		wr(0, SVNIC_REG_CTRL, way ? SVNIC_CTRL_RESET : 0);
		frame_eth(frame, MAC(2), MAC(1), 0x88b5, 100);
		tx_frame(&q[1], frame, 100, 0);
		run();
		EQ(rx_drain(&q[2]), 1);
		frame_eth(frame, MAC(1), mac_other, 0x88b5, 100);
		wire_rx(frame, 100);
		EQ(rx_drain(&q[1]), 1);
		EQ(rd(0, SVNIC_REG_STATUS), SVNIC_STATUS_READY);
		if (way)
			EQ(rd(0, SVNIC_REG_ACCEPT_LO), 0);
		else
			EQ(rd(0, SVNIC_REG_ACCEPT_LO), ALL_FEATURES(0));
		/* One VF is reset meanwhile, and waits for the PF. */
		reset(2, true);
		run();
		fn_up(0, ALL_FEATURES(0));
		CHECK(event_get(0, &ev));
		EQ(ev.type, SVNIC_EVENT_VF_RESET);
		EQ(ev.vf, 1);
		EQ(ev.data2, way + 1);
		event_cons(0);
		/* And again, if this one is removed without an answer. */
		wr(0, SVNIC_REG_CTRL, way ? SVNIC_CTRL_RESET : 0);
		fn_up(0, ALL_FEATURES(0));
		CHECK(event_get(0, &ev));
		EQ(ev.type, SVNIC_EVENT_VF_RESET);
		event_cons(0);
		EQ(vport_enable(2, way + 1), 0);
		wr(0, SVNIC_REG_CTRL, way ? SVNIC_CTRL_RESET : 0);
		fn_up(0, ALL_FEATURES(0));
		CHECK(!event_get(0, &ev));
		fn_up(2, ALL_FEATURES(2));
		queue_start(&q[2]);
		queue_post(&q[2], 64);
		run();
	}
}

/* Events for the PF's driver are not kept for the next driver. */
static void pf_forgets(void)
{
	net_up(2, 0);
	wr(0, SVNIC_REG_EVQ_SIZE, 0);
	wr(1, SVNIC_REF_DB_OFFSET, 5000);
	run();
	EQ(queue_error(&q[1], false), SVNIC_ERR_INDEX);
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	fn_up(0, ALL_FEATURES(0));
	CHECK(!event_get(0, &ev));
	wr(1, SVNIC_REF_DB_OFFSET + SVNIC_DB_RX, 5000);
	run();
	CHECK(event_get(0, &ev));
	EQ(ev.data, 0x80000000 | SVNIC_ERR_INDEX << 16);
	CHECK(!event_get(0, &ev));
}

/* The PF's own vport after its reset. */
static void pf_vport(void)
{
	struct svnic_vport_info info;

	net_up(1, 0);
	EQ(vport_mac(0, mac_other), 0);
	EQ(vport_flags(0, SVNIC_VPORT_FLAGS, SVNIC_VPORT_FLAGS), 0);
	EQ(vport_vlan(0, 5, 0x8100), 0);
	EQ(vport_filter(0, mac_mcast, true), 0);
	EQ(vport_vid(0, 5, true), 0);
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	EQ(rd(0, SVNIC_REG_MAC_LO), 2);
	fn_up(0, ALL_FEATURES(0));
	info = vport_info(0);
	EQ(info.cfg.flags, SVNIC_VPORT_BCAST);
	CHECK(!memcmp(info.cfg.mac, MAC(0), 6));
	EQ(info.cfg.port_vlan, 0);
	EQ(info.cfg.frame_max, 1518);
	EQ(info.mac_filters, 0);
	EQ(info.vlan_filters, 0);
	EQ(info.grant.mac_filters, 60);
	/* It works, with its own address. */
	queue_start(&q[0]);
	queue_post(&q[0], 64);
	frame_eth(frame, MAC(0), MAC(1), 0x88b5, 100);
	tx_frame(&q[1], frame, 100, 0);
	run();
	EQ(rx_drain(&q[0]), 1);
}

static void vf_enable(void)
{
	struct svnic_vport_info info;
	unsigned int i, fn;

	net_up(4, 0);
	for (i = 0; i < 5; i++) {
		/*
		 * VFs removed: none of their work continues, and no state is
		 * left.
		 */
		frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
		tx_frame(&q[1], frame, 100, 0);
		wr64(2, SVNIC_REG_MBX_BASE_LO, q[2].txbuf);
		wr(2, SVNIC_REG_MBX_DB, 16);
		wr(3, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
		wr(4, SVNIC_REF_DB_OFFSET, 5000);
		svnic_core_set_vfs(h->core, 0);
		EQ(rd(1, SVNIC_REG_MAGIC), 0xffffffff);
		wire_clear();
		run();
		EQ(h->wire_n, 0);
		while (event_get(0, &ev))
			EQ(ev.type, SVNIC_EVENT_COMMAND);
		event_cons(0);
		for (fn = 1; fn <= 4; fn++) {
			info = vport_info(fn);
			EQ(info.status, 0);
			EQ(info.reset_seq, 0);
			EQ(info.grant.queues, 0);
			EQ(info.cfg.flags, 0);
			EQ(info.cfg.frame_max, 1518);
			EQ(info.cfg.mac[0], 0);
		}
		EQ(vport_info(0).grant.mac_filters, 64);
		/* Configured before they exist, READY as soon as they do. */
		vfs_up(4);
		CHECK(!event_get(0, &ev));
		for (fn = 1; fn <= 4; fn++) {
			EQ(rd(fn, SVNIC_REG_STATUS), SVNIC_STATUS_READY);
			EQ(STAT(fn, tx_packets), 0);
			EQ(STAT(fn, resets), 0);
			EQ(STAT(fn, doorbells), 0);
			fn_up(fn, ALL_FEATURES(fn));
			queue_start(&q[fn]);
			queue_post(&q[fn], 64);
		}
		run();
		frame_eth(frame, MAC(4), MAC(3), 0x88b5, 100);
		tx_frame(&q[3], frame, 100, 0);
		run();
		EQ(rx_drain(&q[4]), 1);
	}
}

/* A doorbell of a VF that is removed is not processed later. */
static void doorbell_of_the_gone(void)
{
	net_up(1, 0);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	tx_frame(&q[1], frame, 100, 0);
	svnic_core_set_vfs(h->core, 0);
	/* As if the write had been in progress. */
	atomic_fetch_or(&h->core->fn[1].rung, 3);
	atomic_fetch_or(&h->core->work[0], 2);
	run();
	vfs_up(1);
	fn_up(1, ALL_FEATURES(1));
	queue_start(&q[1]);
	tx_frame(&q[1], frame, 100, 0);
	run();
	EQ(tx_cons(&q[1]), 1);
}

static void pf_flr(void)
{
	net_up(2, 0);
	svnic_core_flr(h->core, 0);
	EQ(rd(0, SVNIC_REG_VF_ENABLED), 0);
	EQ(rd(1, SVNIC_REG_MAGIC), 0xffffffff);
	EQ(rd(0, SVNIC_REG_STATUS), SVNIC_STATUS_READY);
	EQ(STAT(0, resets), 1);
	run();
	fn_up(0, ALL_FEATURES(0));
	CHECK(!event_get(0, &ev));
	EQ(vport_info(1).cfg.mac[0], 0);
	/* Also the configuration of VFs that have never existed. */
	EQ(vport_mac(3, MAC(3)), 0);
	svnic_core_flr(h->core, 0);
	fn_up(0, ALL_FEATURES(0));
	EQ(vport_info(3).cfg.mac[0], 0);
	/* But not by a write of NumVFs while VF Enable is clear. */
	EQ(vport_mac(3, MAC(3)), 0);
	svnic_core_set_vfs(h->core, 0);
	EQ(vport_info(3).cfg.mac[0], 2);
	svnic_core_flr(h->core, 7);
	svnic_core_flr(h->core, 700);
}

/* Hot or Conventional Reset: the last column of 11.6, for all functions. */
static void power_on(void)
{
	struct svnic_vport_info info;
	unsigned int reg, fn;

	net_up(2, 0);
	EQ(vport_flags(0, SVNIC_VPORT_FLAGS, SVNIC_VPORT_FLAGS), 0);
	EQ(vport_vlan(0, 5, 0x8100), 0);
	EQ(vport_filter(0, mac_mcast, true), 0);
	EQ(vport_filter(1, mac_other, true), 0);
	frame_eth(frame, MAC(2), MAC(1), 0x88b5, 100);
	tx_frame(&q[1], frame, 100, 0);
	wr(1, SVNIC_REF_DB_OFFSET + SVNIC_DB_RX, 5000);
	reset(2, true);
	/* The PF's own registers and statistics as well. */
	wr(0, SVNIC_REG_RSS_KEY, 0x12345678);
	svnic_core_power_on(h->core);
	EQ(rd(0, SVNIC_REG_STATUS), SVNIC_STATUS_READY);
	EQ(rd(0, SVNIC_REG_VF_ENABLED), 0);
	for (reg = 0x108; reg < 0x10000; reg += 4)
		if (reg != SVNIC_REG_VF_MAX)
			EQ(rd(0, reg), 0);
	run();
	EQ(h->wire_n, 0);
	EQ(rd(1, SVNIC_REG_MAGIC), 0xffffffff);

	fn_up(0, ALL_FEATURES(0));
	CHECK(!event_get(0, &ev));
	info = vport_info(0);
	EQ(info.cfg.flags, SVNIC_VPORT_BCAST);
	EQ(info.cfg.port_vlan, 0);
	EQ(info.mac_filters, 0);
	EQ(info.grant.mac_filters, 64);
	for (fn = 1; fn <= 2; fn++) {
		info = vport_info(fn);
		EQ(info.status, 0);
		EQ(info.reset_seq, 0);
		EQ(info.cfg.flags, 0);
		EQ(info.grant.queues, 0);
	}
	/* It works as a new one. */
	vfs_up(2);
	for (fn = 1; fn <= 2; fn++) {
		EQ(STAT(fn, resets), 0);
		EQ(STAT(fn, tx_packets), 0);
		fn_up(fn, ALL_FEATURES(fn));
		queue_start(&q[fn]);
		queue_post(&q[fn], 64);
	}
	run();
	tx_frame(&q[1], frame, 100, 0);
	run();
	EQ(rx_drain(&q[2]), 1);
}

/* Of what one owner of a VF put into it the next sees nothing (G9). */
static void nothing_remains(void)
{
	static uint8_t before[16384], after[16384];
	static struct tcp_frame f;
	static struct rxframe r;
	uint32_t reg, way;

	net_up(1, 0);
	svnic_core_set_vfs(h->core, 0);
	vfs_up(1);
	for (reg = 0; reg < 0x10000; reg += 4)
		memcpy(before + reg / 4, &(uint8_t){ rd(1, reg) & 0xff }, 1);
	fn_up(1, ALL_FEATURES(1));
	for (reg = 0x108; reg < 0x10000; reg += 4)
		if (reg < SVNIC_REG_EVQ_SIZE || reg > SVNIC_REG_MBX_DB)
			wr(1, reg, 0xc3c3c3c3);
	queue_start(&q[1]);
	reset(1, true);
	EQ(vport_enable(1, 1), 0);
	for (reg = 0; reg < 0x10000; reg += 4)
		memcpy(after + reg / 4, &(uint8_t){ rd(1, reg) & 0xff }, 1);
	for (reg = 0; reg < 0x10000; reg += 4)
		if (reg < SVNIC_REG_STATS || reg >= SVNIC_REG_MODERATION_RX)
			EQ(after[reg / 4], before[reg / 4]);
	/* Nor the hash of another's key. */
	fn_up(1, ALL_FEATURES(1));
	for (reg = 0; reg < 40; reg += 4)
		wr(1, SVNIC_REG_RSS_KEY + reg, 0x13579bdf * (reg + 1));
	for (way = 0; way < 2; way++) {
		rss_start(1);
		queue_start(&q[1]);
		queue_post(&q[1], 64);
		run();
		frame_l4(&f, &(struct tcp_args){ .dmac = MAC(1) }, false);
		wire_rx(f.data, f.len);
		CHECK(rx_get(&q[1], &r));
		EQ(r.first.hash == 0, way);
		if (way)
			break;
		reset(1, true);
		EQ(vport_enable(1, 2), 0);
		fn_up(1, ALL_FEATURES(1));
	}
}

const struct test reset_tests[] = {
	TEST(vf_protocol),
	TEST(vf_keeps),
	TEST(during_traffic),
	TEST(pf_away),
	TEST(pf_forgets),
	TEST(pf_vport),
	TEST(vf_enable),
	TEST(doorbell_of_the_gone),
	TEST(pf_flr),
	TEST(power_on),
	TEST(nothing_remains),
	{ 0 },
};
