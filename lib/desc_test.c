// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of descriptor formats and index arithmetic.
 */
#include <kunit/test.h>
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/skbuff.h>

#include "desc.h"
#include "libsvnic_priv.h"

struct passed_case {
	const char	*name;
	u32		event;
	u32		new;
	u32		old;
	bool		passed;
};

/* the other side of the wrap */
#define BACK(n)	(0U - (n))

static const struct passed_case passed_cases[] = {
	{ "nothing moved",		0, 0, 0, false },
	{ "first of zeroed block",	0, 1, 0, true },
	{ "reached, not passed",	5, 5, 4, false },
	{ "passed by one",		5, 6, 5, true },
	{ "passed in a batch",		5, 9, 2, true },
	{ "at start of a batch",	2, 9, 2, true },
	{ "last of a batch",		8, 9, 2, true },
	{ "before the batch",		1, 9, 2, false },
	{ "after the batch",		9, 9, 2, false },
	{ "far ahead",			0x80000000, 9, 2, false },
	{ "batch over the wrap",	BACK(1), 3, BACK(2), true },
	{ "event after the wrap",	1, 3, BACK(2), true },
	{ "event before the wrap",	BACK(3), 3, BACK(2), false },
	{ "new is zero",		BACK(1), 0, BACK(1), true },
	{ "new is zero, event too",	0, 0, BACK(1), false },
	{ "nothing moved at the wrap",	BACK(1), BACK(1), BACK(1), false },
};

KUNIT_ARRAY_PARAM_DESC(passed, passed_cases, name);

static void passed_test(struct kunit *test)
{
	const struct passed_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, libsvnic_passed(c->event, c->new, c->old),
			c->passed);
}

/* A batch passes exactly the indices old..new - 1, also across the wrap. */
static void passed_all_test(struct kunit *test)
{
	u32 old, event, new;

	for (old = BACK(20); old != 20; old++)
		for (event = old - 10; event != old + 20; event++) {
			new = old + 8;
			KUNIT_ASSERT_EQ_MSG(test,
					    libsvnic_passed(event, new, old),
					    event - old < 8,
					    "old %u event %u", old, event);
		}
}

static void piece_test(struct kunit *test)
{
	static const u8 wire[] = {
		0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01,
		0x34, 0x12, 0, 0, 0, 0, 0, 0,
	};
	struct svnic_tx_desc desc;

	memset(&desc, 0xff, sizeof(desc));
	svnic_txd_piece(&desc, (dma_addr_t)0x0123456789abcdefULL, 0x1234);
	KUNIT_EXPECT_MEMEQ(test, &desc, wire, sizeof(wire));
}

static void tso_test(struct kunit *test)
{
	static const u8 wire[] = {
		0xb4, 0x05, 0x36, 0, 0, 0, 0, 0,
		0, 0, 0x00, 0x80, 14, 0, 0, 0,
	};
	struct svnic_tx_desc desc;

	memset(&desc, 0xff, sizeof(desc));
	svnic_txd_tso(&desc, 1460, 54, 14);
	KUNIT_EXPECT_MEMEQ(test, &desc, wire, sizeof(wire));
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc.flags), SVNIC_TXD_CTX);
}

static struct sk_buff *new_skb(struct kunit *test)
{
	struct sk_buff *skb = alloc_skb(256, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_put_zero(skb, 128);
	return skb;
}

static void ends_plain_test(struct kunit *test)
{
	struct sk_buff *skb = new_skb(test);
	struct svnic_tx_desc desc;

	svnic_txd_piece(&desc, 0, 128);
	svnic_txd_mark_ends(&desc, &desc, skb);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc.flags),
			SVNIC_TXD_SOP | SVNIC_TXD_EOP);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc.vlan_tci), 0);
	KUNIT_EXPECT_EQ(test, desc.csum_start, 0);
	KUNIT_EXPECT_EQ(test, desc.csum_offset, 0);
	kfree_skb(skb);
}

static void ends_pieces_test(struct kunit *test)
{
	struct sk_buff *skb = new_skb(test);
	struct svnic_tx_desc desc[3];
	int i;

	for (i = 0; i < ARRAY_SIZE(desc); i++)
		svnic_txd_piece(&desc[i], 0, 42);
	svnic_txd_mark_ends(&desc[0], &desc[2], skb);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc[0].flags), SVNIC_TXD_SOP);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc[1].flags), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc[2].flags), SVNIC_TXD_EOP);
	kfree_skb(skb);
}

static void ends_offload_test(struct kunit *test)
{
	struct sk_buff *skb = new_skb(test);
	struct svnic_tx_desc desc;

	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + 34;
	skb->csum_offset = 16;
	skb_shinfo(skb)->gso_size = 100;
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 0xe123);

	svnic_txd_piece(&desc, 0, 128);
	svnic_txd_mark_ends(&desc, &desc, skb);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc.flags),
			SVNIC_TXD_SOP | SVNIC_TXD_EOP | SVNIC_TXD_CSUM |
			SVNIC_TXD_TSO | SVNIC_TXD_VLAN);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc.vlan_tci), 0xe123);
	KUNIT_EXPECT_EQ(test, desc.csum_start, 34);
	KUNIT_EXPECT_EQ(test, desc.csum_offset, 16);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc.flags) & ~SVNIC_TXD_FLAGS, 0);
	kfree_skb(skb);
}

static void single_test(struct kunit *test)
{
	static const u8 wire[] = {
		0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01,
		128, 0, 0x03, 0, 0, 0, 0, 0,
	};
	struct sk_buff *skb = new_skb(test);
	struct svnic_tx_desc desc;

	memset(&desc, 0xff, sizeof(desc));
	KUNIT_EXPECT_FALSE(test, svnic_txd_single(&desc, (dma_addr_t)
						  0x0123456789abcdefULL, 128,
						  0, skb));
	KUNIT_EXPECT_MEMEQ(test, &desc, wire, sizeof(wire));
	kfree_skb(skb);
}

static void inline_test(struct kunit *test)
{
	static const u8 wire[] = {
		0, 0, 0, 0, 0, 0, 0, 0,
		128, 0, 0x2f, 0, 0x23, 0xe1, 34, 16,
	};
	struct sk_buff *skb = new_skb(test);
	struct svnic_tx_desc desc;

	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + 34;
	skb->csum_offset = 16;
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 0xe123);
	memset(&desc, 0xff, sizeof(desc));
	KUNIT_EXPECT_TRUE(test, svnic_txd_single(&desc, 0, 128,
						 SVNIC_TXD_INLINE, skb));
	KUNIT_EXPECT_MEMEQ(test, &desc, wire, sizeof(wire));
	kfree_skb(skb);

	KUNIT_EXPECT_EQ(test, SVNIC_TXD_INLINE_ENTRIES(14), 1);
	KUNIT_EXPECT_EQ(test, SVNIC_TXD_INLINE_ENTRIES(16), 1);
	KUNIT_EXPECT_EQ(test, SVNIC_TXD_INLINE_ENTRIES(17), 2);
	KUNIT_EXPECT_EQ(test, SVNIC_TXD_INLINE_ENTRIES(128), 8);
}

/* A pass over the ring has one phase, the next pass the other. */
static void phase_test(struct kunit *test)
{
	u32 size, index;

	for (size = 32; size <= 32768; size <<= 1) {
		KUNIT_ASSERT_EQ(test, svnic_rxc_phase(0, size),
				SVNIC_RXC_PHASE);
		KUNIT_ASSERT_EQ(test, svnic_rxc_phase(size - 1, size),
				SVNIC_RXC_PHASE);
		/* also where the free-running index wraps */
		for (index = BACK(3 * size); index != 3 * size; index++)
			KUNIT_ASSERT_NE_MSG(test,
					    svnic_rxc_phase(index, size),
					    svnic_rxc_phase(index + size, size),
					    "size %u index %u", size, index);
	}
}

static void type_test(struct kunit *test)
{
	/* other bits must not matter */
	u32 rest = ~(SVNIC_RXC_TYPE_MASK << SVNIC_RXC_TYPE_SHIFT |
		     SVNIC_RXC_HASH_MASK << SVNIC_RXC_HASH_SHIFT);
	u32 type, hash, info;

	for (type = SVNIC_PTYPE_NONE; type <= SVNIC_PTYPE_UDPV6; type++)
		for (hash = 0; hash <= SVNIC_PTYPE_UDPV6; hash++) {
			info = rest | type << SVNIC_RXC_TYPE_SHIFT |
			       hash << SVNIC_RXC_HASH_SHIFT;
			KUNIT_EXPECT_EQ(test, svnic_rxc_type(info), type);
			KUNIT_EXPECT_EQ(test, svnic_rxc_hash_type(info), hash);
		}
}

static struct kunit_case libsvnic_desc_cases[] = {
	KUNIT_CASE_PARAM(passed_test, passed_gen_params),
	KUNIT_CASE(passed_all_test),
	KUNIT_CASE(piece_test),
	KUNIT_CASE(tso_test),
	KUNIT_CASE(ends_plain_test),
	KUNIT_CASE(ends_pieces_test),
	KUNIT_CASE(ends_offload_test),
	KUNIT_CASE(single_test),
	KUNIT_CASE(inline_test),
	KUNIT_CASE(phase_test),
	KUNIT_CASE(type_test),
	{}
};

static struct kunit_suite libsvnic_desc_suite = {
	.name		= "libsvnic_desc",
	.test_cases	= libsvnic_desc_cases,
};

kunit_test_suite(libsvnic_desc_suite);

MODULE_DESCRIPTION("KUnit tests of libsvnic's descriptor formats");
MODULE_LICENSE("GPL");
