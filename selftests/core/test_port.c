// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 9.1: counters of the port to the wire. */
#include "svnic_core_bytes.h"
#include "test.h"

static struct tcp_frame f;
static struct svnic_port_stats was, now;

static struct svnic_port_stats stats(void)
{
	uint64_t data = mem_alloc(0, 4096);

	EQ(admin(&(struct svnic_cmd){ .opcode = SVNIC_ADMIN_PORT_STATS,
				      .data_len = sizeof(was),
				      .data_addr = data }), 0);
	return *(struct svnic_port_stats *)mem_at(data);
}

#define SINCE(member) (svnic_le64(now.member) - svnic_le64(was.member))

/* Lengths of frames without FCS, and the counter of their size. */
static const struct {
	uint32_t	len;
	unsigned int	size;
} lens[] = {
	{ 14, 0 }, { 59, 0 }, { 60, 0 }, { 61, 1 }, { 123, 1 }, { 124, 2 },
	{ 251, 2 }, { 252, 3 }, { 507, 3 }, { 508, 4 }, { 1019, 4 },
	{ 1020, 5 }, { 1514, 5 }, { 1515, 6 }, { 9216, 6 },
};

static const uint8_t bcast[6] = { 255, 255, 255, 255, 255, 255 };

/* Each length, to each kind of address, in both directions. */
static void lengths(void)
{
	static uint8_t frame[9216];
	unsigned int i, dir;
	uint32_t octets;

	net_up(1, 0);
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]) * 3; i++) {
		const uint8_t *dmac = i % 3 == 0 ? mac_other :
				      i % 3 == 1 ? mac_mcast : bcast;
		uint32_t len = lens[i / 3].len;

		octets = len < 60 ? 64 : len + 4;
		frame_eth(frame, dmac, MAC(1), 0x88b5, len);
		for (dir = 0; dir < 2; dir++) {
			struct svnic_port_dir d;

			was = stats();
			if (dir)
				wire_rx(frame, len);
			else
				tx_frame(&q[1], frame, len, 0);
			run();
			wire_clear();
			now = stats();
			EQ(SINCE(tx.frames), !dir);
			EQ(SINCE(rx.frames), dir);
			EQ(SINCE(tx.octets), dir ? 0 : octets);
			EQ(SINCE(rx.octets), dir ? octets : 0);
			EQ(SINCE(tx.sizes[lens[i / 3].size]), !dir);
			EQ(SINCE(rx.sizes[lens[i / 3].size]), dir);
			d = dir ? now.rx : now.tx;
			EQ(svnic_le64(d.mcast) -
			   svnic_le64(dir ? was.rx.mcast : was.tx.mcast),
			   i % 3 == 1);
			EQ(svnic_le64(d.bcast) -
			   svnic_le64(dir ? was.rx.bcast : was.tx.bcast),
			   i % 3 == 2);
			EQ(SINCE(tx.ctrl) + SINCE(rx.ctrl), 0);
		}
	}
}

/* MAC control frames; a tag counts, a frame behind it is not one. */
static void control(void)
{
	uint8_t frame[100];

	net_up(1, 0);
	was = stats();
	frame_eth(frame, mac_mcast, MAC(1), 0x8808, 60);
	tx_frame(&q[1], frame, 60, 0);
	wire_rx(frame, 60);
	frame_vlan(frame, 60, 0x8100, 7);
	wire_rx(frame, 64);
	run();
	now = stats();
	EQ(SINCE(tx.ctrl), 1);
	EQ(SINCE(rx.ctrl), 1);
	EQ(SINCE(rx.frames), 2);
	EQ(SINCE(rx.octets), 64 + 68);
	wire_clear();
}

/* Frames that are not right, and those that do not reach the wire. */
static void others(void)
{
	static uint8_t frame[9300];

	net_up(2, 0);
	was = stats();
	frame_eth(frame, MAC(0), mac_other, 0x88b5, sizeof(frame));
	wire_rx(frame, 13);
	wire_rx(frame, 9217);
	/* From one function to another. */
	frame_eth(frame, MAC(2), MAC(1), 0x88b5, 100);
	tx_frame(&q[1], frame, 100, 0);
	run();
	now = stats();
	EQ(SINCE(rx_short), 1);
	EQ(SINCE(rx_long), 1);
	EQ(SINCE(rx_fcs), 0);
	EQ(SINCE(rx.frames), 0);
	EQ(SINCE(tx.frames), 0);
	/* With the link down nothing comes or goes. */
	svnic_core_set_link(h->core, false);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	tx_frame(&q[1], frame, 100, 0);
	wire_rx(frame, 100);
	run();
	now = stats();
	EQ(SINCE(rx.frames), 0);
	EQ(SINCE(tx.frames), 0);
	svnic_core_set_link(h->core, true);
	/* Whoever wants it; and a reset of the PF changes nothing. */
	frame_eth(frame, mac_other, mac_other, 0x88b5, 100);
	wire_rx(frame, 100);
	run();
	now = stats();
	EQ(SINCE(rx.frames), 1);
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	run();
	fn_up(0, ALL_FEATURES(0));
	was = stats();
	CHECK(!memcmp(&was, &now, sizeof(now)));
}

/* Up to three tags do not make a frame long. */
static void tags(void)
{
	static uint8_t frame[9300];
	uint32_t len, i;

	net_up(0, 0);
	for (i = 0; i < 5; i++) {
		len = frame_eth(frame, MAC(0), mac_other, 0x88b5,
				i < 4 ? 9216 : 9212);
		for (uint32_t tag = 0; tag < i; tag++)
			len = frame_vlan(frame, len, 0x8100, 7);
		was = stats();
		wire_rx(frame, len);
		wire_rx(frame, len + 1);
		now = stats();
		EQ(SINCE(rx.frames), 1);
		EQ(SINCE(rx_long), 1);
	}
}

/* Frames from the wire count if nobody is there, and large ones apart. */
static void received(void)
{
	struct svnic_frame w;

	host_new(NULL);
	frame_l4(&f, &(struct tcp_args){ .payload = 100 }, false);
	wire_rx(f.data, f.len);
	net_up(0, 0);
	now = stats();
	EQ(now.rx.frames, 1);
	frame_l4(&f, &(struct tcp_args){ .payload = 2500, .dmac = MAC(0) },
		 true);
	w = (struct svnic_frame){
		.data = f.data, .len = f.len, .csum_partial = true,
		.csum_start = f.l4, .csum_offset = 16, .gso_size = 1000,
		.hdr_len = f.hdr_len, .l3_start = f.l3,
	};
	was = stats();
	CHECK(svnic_core_wire_rx(h->core, &w));
	run();
	now = stats();
	EQ(SINCE(rx.frames), 3);
	EQ(SINCE(rx.octets), 2 * (54 + 1000 + 4) + 54 + 500 + 4);
}

/* A TSO frame counts as its segments, whoever makes them. */
static void segments(void)
{
	struct tcp_args a = { .payload = 2500, .dmac = mac_other };
	struct svnic_core_config config = host_config();
	unsigned int way;

	for (way = 0; way < 2; way++) {
		config.wire_csum = way;
		config.wire_gso = way;
		host_new(&config);
		net_up(1, 0);
		was = stats();
		frame_l4(&f, &a, true);
		tx_tso(&q[1], &f, 1000);
		run();
		now = stats();
		EQ(SINCE(tx.frames), 3);
		EQ(SINCE(tx.octets), 2 * (54 + 1000 + 4) + 54 + 500 + 4);
		EQ(SINCE(tx.sizes[5]), 2);
		EQ(SINCE(tx.sizes[4]), 1);
		wire_clear();
	}
}

const struct test port_tests[] = {
	TEST(lengths),
	TEST(control),
	TEST(others),
	TEST(tags),
	TEST(received),
	TEST(segments),
	{ 0 },
};
