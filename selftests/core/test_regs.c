// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 3: identity, limits, bring-up, accesses. */
#include "test.h"

static void identity(void)
{
	uint32_t v;

	host_new(NULL);
	EQ(rd(0, SVNIC_REG_MAGIC), SVNIC_MAGIC);
	EQ(rd(0, SVNIC_REG_VERSION), 3);
	EQ(rd(0, SVNIC_REG_FEATURES_LO), ALL_FEATURES(0) | SVNIC_F_DB_ARM);
	EQ(rd(0, SVNIC_REG_FEATURES_HI), 0);
	EQ(rd(0, SVNIC_REG_QUEUES), 4 | 4 << SVNIC_QUEUES_MAX_SHIFT);
	EQ(rd(0, SVNIC_REG_VECTORS), 5 | 5 << SVNIC_VECTORS_MAX_SHIFT);
	EQ(rd(0, SVNIC_REG_MAC_LO), 0x00000002);
	EQ(rd(0, SVNIC_REG_MAC_HI), 0);
	EQ(rd(0, SVNIC_REG_LINK), SVNIC_LINK_UP | 10000);
	EQ(rd(0, SVNIC_REG_VF_MAX), 8);
	EQ(rd(0, SVNIC_REG_VF_ENABLED), 0);
	EQ(svnic_core_vectors(h->core, 0), 5);
	EQ(svnic_core_vectors(h->core, 1), 5);

	/* The limits of section 3.1. */
	v = rd(0, SVNIC_REG_RING_LIMITS);
	CHECK((v & 0xff) <= 6);
	CHECK((v >> 8 & 0xff) >= 6 && (v >> 8 & 0xff) <= 16);
	CHECK((v >> 16 & 0xff) >= 4 && (v >> 16 & 0xff) <= 16);
	CHECK(v >> 24 >= 20);
	CHECK(rd(0, SVNIC_REG_TX_INLINE) >= 64);
	CHECK(rd(0, SVNIC_REG_TX_INLINE) <= 16 * ((v >> 24) - 1));
	v = rd(0, SVNIC_REG_FRAME_MAX);
	CHECK(v >= 9018 && v <= 65535);
	CHECK(rd(0, SVNIC_REG_TSO_MAX) >= v);
	CHECK(rd(0, SVNIC_REG_TSO_MAX) <= 65535 + 18);
	EQ(rd(0, SVNIC_REG_DB_STRIDE), 4096);
	EQ(rd(0, SVNIC_REG_DB_OFFSET) % 4096, 0);
	CHECK(svnic_core_bar_size(h->core, 0) >=
	      rd(0, SVNIC_REG_DB_OFFSET) + 4 * 4096);
	v = rd(0, SVNIC_REG_RESET_MS);
	CHECK(v >= 1 && v <= 100);
	v = rd(0, SVNIC_REG_RSS_SIZE);
	CHECK(v >= 16 && v <= 256 && !(v & (v - 1)));
	v = rd(0, SVNIC_REG_BUF_LIMITS);
	CHECK((v & 0xffff) <= 2048 && v >> 16 >= 2048);
	CHECK(v % 64 == 0 && (v >> 16) % 64 == 0);
}

static void sizes(void)
{
	struct svnic_core_config config = host_config();

	config.pf_queues = 32;
	config.vf_queues = 16;
	config.vf_max = 248;
	host_new(&config);
	EQ(svnic_core_bar_size(h->core, 0), 256 * 1024);
	EQ(svnic_core_bar_size(h->core, 1), 128 * 1024);
	EQ(svnic_core_vectors(h->core, 0), 33);
	EQ(svnic_core_vectors(h->core, 248), 17);
	/* The 32nd pair and the 33rd vector exist, the next ones do not. */
	wr(0, SVNIC_QCFG(31, SVNIC_QCFG_TX_SIZE), 77);
	EQ(rd(0, SVNIC_QCFG(31, SVNIC_QCFG_TX_SIZE)), 77);
	wr(0, SVNIC_QCFG(32, SVNIC_QCFG_TX_SIZE), 77);
	EQ(rd(0, SVNIC_QCFG(32, SVNIC_QCFG_TX_SIZE)), 0);
	wr(0, SVNIC_REG_MODERATION_RX + 4 * 32, 77);
	EQ(rd(0, SVNIC_REG_MODERATION_RX + 4 * 32), 77);
	wr(0, SVNIC_REG_MODERATION_RX + 4 * 33, 77);
	EQ(rd(0, SVNIC_REG_MODERATION_RX + 4 * 33), 0);
	wr(0, SVNIC_REG_MODERATION_TX + 4 * 32, 78);
	EQ(rd(0, SVNIC_REG_MODERATION_TX + 4 * 32), 78);
	wr(0, SVNIC_REG_MODERATION_TX + 4 * 33, 78);
	EQ(rd(0, SVNIC_REG_MODERATION_TX + 4 * 33), 0);
}

/* Finds the words of BAR0 that keep a written value, after a reset. */
static void reset_values(void)
{
	uint32_t reg, val;

	host_new(NULL);
	for (reg = 0x100; reg < 0x10000; reg += 4) {
		val = rd(0, reg);
		if (reg == SVNIC_REG_STATUS)
			EQ(val, SVNIC_STATUS_READY);
		else if (reg == SVNIC_REG_VF_MAX)
			EQ(val, 8);
		else
			EQ(val, 0);
	}
	/* Write to everything but CTRL, reset, and all is as before. */
	for (reg = 0; reg < 0x10000; reg += 4)
		if (reg != SVNIC_REG_CTRL)
			wr(0, reg, 0xa5a5a5a5);
	CHECK(rd(0, SVNIC_QCFG(1, SVNIC_QCFG_TX_BASE_HI)) == 0xa5a5a5a5);
	CHECK(rd(0, SVNIC_REG_RSS_KEY) == 0xa5a5a5a5);
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_RESET | SVNIC_CTRL_ENABLE);
	EQ(rd(0, SVNIC_REG_STATUS), SVNIC_STATUS_READY);
	for (reg = 0x100; reg < 0x10000; reg += 4)
		if (reg != SVNIC_REG_STATUS && reg != SVNIC_REG_VF_MAX &&
		    reg != SVNIC_REG_STATS + 0xc8)
			EQ(rd(0, reg), 0);
	EQ(STAT(0, resets), 1);
}

static void accesses(void)
{
	unsigned int size;
	uint64_t addr;

	host_new(NULL);
	/* Section 2.7: other accesses do nothing. */
	for (addr = 0; addr < 0x40010; addr += 3)
		for (size = 1; size <= 8; size *= 2)
			svnic_core_mmio_read(h->core, 0, addr, size);
	svnic_core_mmio_write(h->core, 0, SVNIC_REG_ACCEPT_LO, 0xff, 1);
	svnic_core_mmio_write(h->core, 0, SVNIC_REG_ACCEPT_LO, 0xff, 2);
	svnic_core_mmio_write(h->core, 0, SVNIC_REG_ACCEPT_LO + 2, 0xff, 4);
	EQ(rd(0, SVNIC_REG_ACCEPT_LO), 0);
	EQ(rd(0, SVNIC_REG_ACCEPT_HI), 0);
	EQ(svnic_core_mmio_read(h->core, 0, 1ULL << 40, 4), 0);
	svnic_core_mmio_write(h->core, 0, 1ULL << 40, 1, 4);
	/* Doorbells are write only. */
	EQ(rd(0, SVNIC_REF_DB_OFFSET), 0);
	CHECK(!svnic_core_doorbell(h->core, 0, SVNIC_REG_CTRL, 1, 4));
	CHECK(!svnic_core_doorbell(h->core, 9, SVNIC_REF_DB_OFFSET, 1, 4));
	CHECK(!svnic_core_doorbell(h->core, 0, SVNIC_REF_DB_OFFSET +
				   4 * 4096, 1, 4));
	CHECK(svnic_core_doorbell(h->core, 0, SVNIC_REF_DB_OFFSET + 16, 1, 4));
	CHECK(svnic_core_doorbell(h->core, 0, SVNIC_REF_DB_OFFSET, 1, 2));
	CHECK(svnic_core_doorbell(h->core, 0, SVNIC_REF_DB_OFFSET + 4, 1, 8));
	EQ(STAT(0, doorbells), 0);
}

/* Section 2.7: two words in one access are two accesses, the low one first. */
static void merged(void)
{
	struct queue a;
	uint8_t frame[60];

	host_new(NULL);
	svnic_core_mmio_write(h->core, 0, SVNIC_REG_ACCEPT_LO + 4, 0xff, 8);
	EQ(rd(0, SVNIC_REG_ACCEPT_HI), 0);
	svnic_core_mmio_write(h->core, 0, SVNIC_REG_ACCEPT_LO,
			      0x1234567800000001ULL, 8);
	EQ(rd(0, SVNIC_REG_ACCEPT_LO), 1);
	EQ(rd(0, SVNIC_REG_ACCEPT_HI), 0x12345678);
	EQ(svnic_core_mmio_read(h->core, 0, SVNIC_REG_ACCEPT_LO, 8),
	   0x1234567800000001ULL);
	/* The status of a reset is set by the write that requests it. */
	svnic_core_mmio_write(h->core, 0, SVNIC_REG_CTRL,
			      0xffffffff00000000ULL | SVNIC_CTRL_RESET, 8);
	EQ(rd(0, SVNIC_REG_ACCEPT_LO), 0);

	/* Both doorbells of a pair */
	fn_up(0, ALL_FEATURES(0) & ~SVNIC_F_EVENT_IDX);
	queue_alloc(&a, 0, 0);
	queue_start(&a);
	frame_eth(frame, mac_other, MAC(0), 0x88b5, 60);
	tx_put(&a, &(struct svnic_tx_desc){
		.addr = tx_room(&a, frame, 60), .len = 60,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP,
	});
	((struct svnic_rx_desc *)mem_at(a.rx))->addr = a.bufs;
	a.rx_prod = 1;
	CHECK(svnic_core_doorbell(h->core, 0, SVNIC_REF_DB_OFFSET,
				  0x100000001ULL, 8));
	run();
	EQ(STAT(0, doorbells), 2);
	EQ(tx_cons(&a), 1);
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 60);
	wire_rx(frame, 60);
	EQ(rx_drain(&a), 1);
}

static void absent(void)
{
	host_new(NULL);
	/* Registers of VFs that do not exist cannot be read. */
	EQ(rd(1, SVNIC_REG_MAGIC), 0xffffffff);
	wr(1, SVNIC_REG_ACCEPT_LO, 1);
	EQ(svnic_core_mmio_read(h->core, 99, 0, 4), UINT64_MAX);
	wr(99, SVNIC_REG_CTRL, 1);
	svnic_core_set_vfs(h->core, 2);
	EQ(rd(0, SVNIC_REG_VF_ENABLED), 2);
	EQ(rd(1, SVNIC_REG_MAGIC), SVNIC_MAGIC);
	EQ(rd(1, SVNIC_REG_ACCEPT_LO), 0);
	EQ(rd(2, SVNIC_REG_MAGIC), SVNIC_MAGIC);
	EQ(rd(3, SVNIC_REG_MAGIC), 0xffffffff);
	/* More than vf_max: vf_max. */
	svnic_core_set_vfs(h->core, 0);
	svnic_core_set_vfs(h->core, 1000);
	EQ(rd(0, SVNIC_REG_VF_ENABLED), 8);
}

static void enable(void)
{
	host_new(NULL);
	svnic_core_set_vfs(h->core, 1);
	EQ(rd(1, SVNIC_REG_FEATURES_LO), ALL_FEATURES(1) | SVNIC_F_DB_ARM);
	EQ(rd(1, SVNIC_REG_VF_MAX), 0);
	EQ(rd(1, SVNIC_REG_QUEUES), 4 << SVNIC_QUEUES_MAX_SHIFT);
	EQ(rd(1, SVNIC_REG_STATUS), SVNIC_STATUS_PF_AWAY);
	/* Not READY. */
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	EQ(rd(1, SVNIC_REG_STATUS), SVNIC_STATUS_PF_AWAY |
	   SVNIC_ERR_NOT_READY << SVNIC_STATUS_ERROR_SHIFT);
	EQ(rd(1, SVNIC_REG_CTRL), 0);
}

static void features(void)
{
	static const uint64_t bad[] = {
		SVNIC_F_MAILBOX,		/* a VF's */
		1ULL << 19, 1ULL << 31, 1ULL << 32, 1ULL << 63,
		SVNIC_F_TSO,			/* without TX_CSUM */
		SVNIC_F_TSO_TUNNEL,		/* without TSO */
		SVNIC_F_RX_COALESCE,		/* without RX_CSUM */
		SVNIC_F_ADMIN,			/* without COMMAND */
		SVNIC_F_FLOW | SVNIC_F_RSS,	/* without COMMAND */
		SVNIC_F_FLOW | SVNIC_F_COMMAND,	/* without RSS */
	};
	uint64_t all = ALL_FEATURES(0) | SVNIC_F_DB_ARM, f;
	unsigned int i;

	host_new(NULL);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		wr64(0, SVNIC_REG_ACCEPT_LO, bad[i]);
		wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
		EQ(rd(0, SVNIC_REG_STATUS), SVNIC_STATUS_READY |
		   SVNIC_ERR_FEATURES << SVNIC_STATUS_ERROR_SHIFT);
	}
	/* Each feature alone with those it needs, and all without these. */
	for (i = 0; i < 64; i++) {
		f = 1ULL << i;
		if (!(all & f))
			continue;
		if (f == SVNIC_F_TSO_TUNNEL)
			f |= SVNIC_F_TSO | SVNIC_F_TX_CSUM;
		if (f == SVNIC_F_TSO)
			f |= SVNIC_F_TX_CSUM;
		if (f == SVNIC_F_RX_COALESCE)
			f |= SVNIC_F_RX_CSUM;
		if (f == SVNIC_F_ADMIN)
			f |= SVNIC_F_COMMAND;
		if (f == SVNIC_F_FLOW)
			f |= SVNIC_F_COMMAND | SVNIC_F_RSS;
		wr64(0, SVNIC_REG_ACCEPT_LO, f);
		wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
		EQ(rd(0, SVNIC_REG_STATUS), SVNIC_STATUS_READY |
		   SVNIC_STATUS_ENABLED);
		EQ(rd(0, SVNIC_REG_CTRL), SVNIC_CTRL_ENABLE);
		/*
		 * ACCEPT does not change while ENABLED, and RESET reads as 0.
		 */
		wr64(0, SVNIC_REG_ACCEPT_LO, 0);
		EQ(rd(0, SVNIC_REG_ACCEPT_LO), (uint32_t)f);
		wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
		wr(0, SVNIC_REG_CTRL, 0);
		EQ(rd(0, SVNIC_REG_STATUS), SVNIC_STATUS_READY);
	}
	EQ(STAT(0, resets), 0);
}

static void rss_regs(void)
{
	unsigned int i;

	host_new(NULL);
	for (i = 0; i < 10; i++)
		wr(0, SVNIC_REG_RSS_KEY + 4 * i, 0x01010101 * i);
	for (i = 0; i < 10; i++)
		EQ(rd(0, SVNIC_REG_RSS_KEY + 4 * i), 0x01010101 * i);
	for (i = 0; i < 32; i++)
		wr(0, SVNIC_REG_RSS_TABLE + 4 * i, 0x03020100 + i);
	for (i = 0; i < 32; i++)
		EQ(rd(0, SVNIC_REG_RSS_TABLE + 4 * i), 0x03020100 + i);
	wr(0, SVNIC_REG_RSS_TABLE + 128, 1);
	EQ(rd(0, SVNIC_REG_RSS_TABLE + 128), 0);
	for (i = 0; i < 4; i++)
		wr(0, SVNIC_REG_RSS_CTRL + 4 * i, 0xffffffff);
	EQ(rd(0, SVNIC_REG_RSS_CTRL), 7);
	EQ(rd(0, SVNIC_REG_RSS_FIELDS_IPV4), 0x1b1b03);
	EQ(rd(0, SVNIC_REG_RSS_FIELDS_IPV6), 0x1f1f07);
	EQ(rd(0, SVNIC_REG_RSS_CTRL + 12), 0);
	wr(0, SVNIC_REG_RX_CTRL, 0xffffffff);
	EQ(rd(0, SVNIC_REG_RX_CTRL), 3);
}

const struct test regs_tests[] = {
	TEST(identity),
	TEST(sizes),
	TEST(reset_values),
	TEST(accesses),
	TEST(merged),
	TEST(absent),
	TEST(enable),
	TEST(features),
	TEST(rss_regs),
	{ 0 },
};
