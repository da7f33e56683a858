// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 5.4 and the VLANs of 10.5, byte by byte. */
#include "svnic_core_priv.h"
#include "test.h"

static uint8_t frame[2000], want[2000];
static struct rxframe r;

static void send(unsigned int fn, uint32_t len, uint16_t flags, uint16_t tci)
{
	struct svnic_tx_desc d = {
		.addr = tx_room(&q[fn], frame, len), .len = len,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP | flags,
		.vlan_tci = tci,
	};

	tx_put(&q[fn], &d);
	tx_ring(&q[fn]);
	run();
}

static void on_wire(uint32_t len)
{
	EQ(h->wire_n, 1);
	EQ(h->wire[0].f.len, len);
	CHECK(!memcmp(h->wire[0].data, want, len));
	wire_clear();
}

static void insert(void)
{
	uint32_t len;

	net_up(1, 0);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	send(1, 100, SVNIC_TXD_VLAN, 0xffff);
	memcpy(want, frame, 100);
	on_wire(frame_vlan(want, 100, 0x8100, 0xffff));
	EQ(STAT(1, tx_bytes), 104);
	/* Before the tags that are in memory. */
	len = frame_vlan(frame, 100, 0x8100, 7);
	send(1, len, SVNIC_TXD_VLAN, 0x0123);
	memcpy(want, frame, len);
	on_wire(frame_vlan(want, len, 0x8100, 0x0123));
	/* With a checksum behind it. */
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	struct svnic_tx_desc d = {
		.addr = tx_room(&q[1], frame, 100), .len = 100,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP | SVNIC_TXD_CSUM |
			 SVNIC_TXD_VLAN,
		.vlan_tci = 5, .csum_start = 20, .csum_offset = 4,
	};
	tx_put(&q[1], &d);
	tx_ring(&q[1]);
	run();
	memcpy(want, frame, 100);
	svnic_put_be16(want + 24, ref_csum(frame + 20, 80, 0));
	on_wire(frame_vlan(want, 100, 0x8100, 5));
}

static void strip(void)
{
	uint32_t len;

	net_up(1, 0);
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 100);
	memcpy(want, frame, 100);
	len = frame_vlan(frame, 100, 0x8100, 0xa123);
	wire_rx(frame, len);
	CHECK(rx_get(&q[1], &r));
	EQ(r.len, 100);
	CHECK(!memcmp(r.data, want, 100));
	CHECK(r.info & SVNIC_RXC_VLAN);
	EQ(r.first.vlan_tci, 0xa123);
	EQ(STAT(1, rx_bytes), 104);
	/* Only one tag, and none of 802.1ad. */
	len = frame_vlan(frame, len, 0x8100, 5);
	wire_rx(frame, len);
	CHECK(rx_get(&q[1], &r));
	EQ(r.len, 104);
	EQ(r.first.vlan_tci, 5);
	EQ(svnic_get_be16(r.data + 14), 0xa123);
	len = frame_vlan(frame, len, 0x88a8, 6);
	wire_rx(frame, len);
	CHECK(rx_get(&q[1], &r));
	EQ(r.len, len);
	CHECK(!memcmp(r.data, frame, len));
	CHECK(!(r.info & SVNIC_RXC_VLAN));
	EQ(r.first.vlan_tci, 0);
	/* Not if RX_CTRL disables it. */
	wr(1, SVNIC_REG_RX_CTRL, 0);
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 100);
	len = frame_vlan(frame, 100, 0x8100, 0xa123);
	wire_rx(frame, len);
	CHECK(rx_get(&q[1], &r));
	EQ(r.len, 104);
	CHECK(!memcmp(r.data, frame, 104));
	CHECK(!(r.info & SVNIC_RXC_VLAN));
	/* The shortest frame with a tag, and one that is too short for it. */
	wr(1, SVNIC_REG_RX_CTRL, SVNIC_RX_CTRL_VLAN_STRIP);
	wire_rx(frame, 18);
	CHECK(rx_get(&q[1], &r));
	EQ(r.len, 14);
	wire_rx(frame, 17);
	CHECK(rx_get(&q[1], &r));
	EQ(r.len, 17);
	/* VLAN 0, a priority tag, is stripped as well. */
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 100);
	wire_rx(frame, frame_vlan(frame, 100, 0x8100, 0xe000));
	CHECK(rx_get(&q[1], &r));
	EQ(r.len, 100);
	EQ(r.first.vlan_tci, 0xe000);
}

/* Each receiver of a broadcast gets it according to its own settings. */
static void strip_each(void)
{
	unsigned int fn, i;
	uint32_t len;

	net_up(4, 0);
	wr(1, SVNIC_REG_RX_CTRL, 0);
	EQ(vport_vlan(3, 0x2005, 0x8100), 0);
	for (i = 0; i < 2; i++) {
		frame_eth(frame, mac_bcast, i ? mac_other : MAC(4), 0x88b5,
			  100);
		memcpy(want, frame, 100);
		len = frame_vlan(frame, 100, 0x8100, 0x6005);
		if (i)
			wire_rx(frame, len);
		else
			send(4, len, 0, 0);
		for (fn = 0; fn < 4; fn++) {
			CHECK(rx_get(&q[fn], &r));
			if (fn == 1) {
				EQ(r.len, 104);
				CHECK(!memcmp(r.data, frame, 104));
				continue;
			}
			EQ(r.len, 100);
			CHECK(!memcmp(r.data, want, 100));
			EQ(!!(r.info & SVNIC_RXC_VLAN), fn != 3);
			EQ(r.first.vlan_tci, fn == 3 ? 0 : 0x6005);
		}
		rx_drain(&q[4]);
	}
	EQ(STAT(3, rx_bytes), 200);
	EQ(STAT(1, rx_bytes), 208);
}

static void port_vlan(void)
{
	uint32_t len;

	net_up(3, 0);
	EQ(vport_vlan(1, 0x6064, 0x8100), 0);
	EQ(vport_vlan(2, 100, 0x8100), 0);
	/* Out: the tag of the port VLAN, with its whole TCI. */
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	send(1, 100, 0, 0);
	memcpy(want, frame, 100);
	on_wire(frame_vlan(want, 100, 0x8100, 0x6064));
	EQ(STAT(1, tx_bytes), 100);
	/* A priority tag is removed, a frame with a VLAN tag is dropped. */
	len = frame_vlan(frame, 100, 0x8100, 0xe000);
	send(1, len, 0, 0);
	on_wire(104);
	len = frame_vlan(frame, 100, 0x88a8, 0x2000);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	send(1, 100, SVNIC_TXD_VLAN, 0);
	on_wire(104);
	send(1, 100, SVNIC_TXD_VLAN, 100);
	send(1, 100, SVNIC_TXD_VLAN, 5);
	len = frame_vlan(frame, 100, 0x88a8, 100);
	send(1, len, 0, 0);
	EQ(h->wire_n, 0);
	EQ(STAT(1, tx_spoof_vlan), 3);
	EQ(STAT(1, tx_packets), 3);
	/* 18 bytes that end with a tag, 17 bytes that have no complete one. */
	frame_eth(frame, mac_other, MAC(1), 0x8100, 100);
	memset(frame + 14, 0, 4);
	send(1, 17, 0, 0);
	EQ(STAT(1, tx_spoof_vlan), 4);
	send(1, 18, 0, 0);
	EQ(h->wire_n, 1);
	wire_clear();
	/* To each other only. */
	frame_eth(frame, MAC(2), MAC(1), 0x88b5, 100);
	send(1, 100, 0, 0);
	CHECK(rx_get(&q[2], &r));
	EQ(r.len, 100);
	CHECK(!memcmp(r.data, frame, 100));
	CHECK(!(r.info & SVNIC_RXC_VLAN));
	frame_eth(frame, MAC(1), MAC(3), 0x88b5, 100);
	send(3, 100, 0, 0);
	EQ(rx_drain(&q[1]), 0);
	EQ(h->wire_n, 1);
	wire_clear();
	/* A vport without a port VLAN that sends this tag reaches them. */
	send(3, 100, SVNIC_TXD_VLAN, 100);
	CHECK(rx_get(&q[1], &r));
	EQ(r.len, 100);
	EQ(h->wire_n, 0);
	/* The same VLAN id with another EtherType does not. */
	len = frame_vlan(frame, 100, 0x88a8, 100);
	send(3, len, 0, 0);
	EQ(rx_drain(&q[1]), 0);
	wire_clear();
	/* A tag behind the port VLAN's tag belongs to the guest. */
	frame_eth(frame, MAC(1), MAC(3), 0x88b5, 100);
	memcpy(want, frame, 100);
	len = frame_vlan(frame, 100, 0x8100, 77);
	len = frame_vlan(frame, len, 0x8100, 100);
	send(3, len, 0, 0);
	CHECK(rx_get(&q[1], &r));
	EQ(r.len, 100);
	CHECK(!memcmp(r.data, want, 100));
	EQ(r.first.vlan_tci, 77);
}

static void port_vlan_ad(void)
{
	uint32_t len;

	net_up(2, 0);
	EQ(vport_vlan(1, 200, 0x88a8), 0);
	EQ(vport_vlan(2, 200, 0x88a8), 0);
	/* Guests may use 802.1Q tags inside. */
	frame_eth(frame, MAC(2), MAC(1), 0x88b5, 100);
	send(1, 100, SVNIC_TXD_VLAN, 5);
	CHECK(rx_get(&q[2], &r));
	EQ(r.len, 100);
	EQ(r.first.vlan_tci, 5);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	memcpy(want, frame, 100);
	send(1, 100, SVNIC_TXD_VLAN, 0);
	len = frame_vlan(want, 100, 0x8100, 0);
	on_wire(frame_vlan(want, len, 0x88a8, 200));
	len = frame_vlan(frame, 100, 0x88a8, 200);
	send(1, len, 0, 0);
	EQ(h->wire_n, 0);
	EQ(STAT(1, tx_spoof_vlan), 1);
}

static void port_vlan_length(void)
{
	net_up(1, 0);
	EQ(vport_frame_max(1, 1000), 0);
	EQ(vport_vlan(1, 100, 0x8100), 0);
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 1000);
	wire_rx(frame, frame_vlan(frame, 1000, 0x8100, 100));
	EQ(rx_drain(&q[1]), 1);
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 1001);
	wire_rx(frame, frame_vlan(frame, 1001, 0x8100, 100));
	EQ(rx_drain(&q[1]), 0);
	EQ(STAT(1, rx_errors), 1);
	/* A tag of the guest itself is not counted. */
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 1000);
	frame_vlan(frame, 1000, 0x8100, 7);
	wire_rx(frame, frame_vlan(frame, 1004, 0x8100, 100));
	EQ(rx_drain(&q[1]), 1);
}

static void vlan_filter(void)
{
	net_up(2, 0);
	EQ(vport_flags(1, SVNIC_VPORT_VLAN_FILTER, SVNIC_VPORT_VLAN_FILTER),
	   0);
	EQ(vport_vid(1, 5, true), 0);
	EQ(vport_vid(1, 4094, true), 0);
#define PASSES(proto, tci, want) do {					\
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 100);		\
	wire_rx(frame, frame_vlan(frame, 100, proto, tci));		\
	EQ(rx_drain(&q[1]), want);					\
	queue_post(&q[1], want);					\
	run();								\
} while (0)
	PASSES(0x8100, 5, 1);
	PASSES(0x8100, 0xf005, 1);
	PASSES(0x8100, 4094, 1);
	PASSES(0x8100, 6, 0);
	PASSES(0x8100, 4095, 0);
	PASSES(0x8100, 0, 1);
	PASSES(0x8100, 0xe000, 1);
	PASSES(0x88a8, 5, 0);
	PASSES(0x88a8, 0, 1);
	/*
	 * Frames to addresses that it does not have in this VLAN go to the
	 * wire.
	 */
	frame_eth(frame, MAC(1), MAC(2), 0x88b5, 100);
	send(2, 100, SVNIC_TXD_VLAN, 6);
	EQ(h->wire_n, 1);
	wire_clear();
	/* Frames sent are filtered with SPOOFCHK only. */
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	send(1, 100, SVNIC_TXD_VLAN, 6);
	EQ(h->wire_n, 1);
	wire_clear();
	EQ(vport_flags(1, SVNIC_VPORT_SPOOFCHK, SVNIC_VPORT_SPOOFCHK), 0);
	send(1, 100, SVNIC_TXD_VLAN, 6);
	EQ(h->wire_n, 0);
	EQ(STAT(1, tx_spoof_vlan), 1);
	send(1, 100, SVNIC_TXD_VLAN, 5);
	EQ(h->wire_n, 1);
	EQ(vport_vid(1, 5, false), 0);
	PASSES(0x8100, 5, 0);
	/* The same for 802.1ad; the same id is another VLAN. */
	EQ(vport_svid(1, 7, true), 0);
	PASSES(0x88a8, 7, 1);
	PASSES(0x88a8, 0xf007, 1);
	PASSES(0x8100, 7, 0);
	PASSES(0x88a8, 4094, 0);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	wire_clear();
	send(1, frame_vlan(frame, 100, 0x88a8, 7), 0, 0);
	EQ(h->wire_n, 1);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 100);
	send(1, frame_vlan(frame, 100, 0x88a8, 8), 0, 0);
	EQ(h->wire_n, 1);
	EQ(STAT(1, tx_spoof_vlan), 2);
	EQ(vport_svid(1, 7, false), 0);
	PASSES(0x88a8, 7, 0);
	EQ(vport_flags(1, 0, SVNIC_VPORT_VLAN_FILTER), 0);
	PASSES(0x8100, 5, 1);
	PASSES(0x88a8, 9, 1);
}

const struct test vlan_tests[] = {
	TEST(insert),
	TEST(strip),
	TEST(strip_each),
	TEST(port_vlan),
	TEST(port_vlan_ad),
	TEST(port_vlan_length),
	TEST(vlan_filter),
	{ 0 },
};
