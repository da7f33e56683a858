// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of svnic's policy: a fake VF, and requests of its guest.
 */
#include "policy_test.h"

const u8 svnic_test_own[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x01 };
const u8 svnic_test_admin[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x02 };
const u8 svnic_test_guest[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x03 };
const u8 svnic_test_mcast[ETH_ALEN] = { 0x01, 0, 0x5e, 0, 0, 0x01 };
const u8 svnic_test_zero[ETH_ALEN];
const u8 svnic_test_bcast[ETH_ALEN] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff
};

int svnic_test_init(struct kunit *test)
{
	const struct svnic_grant grant = {
		.queues		= 4,
		.vectors	= 5,
		.mac_filters	= 8,
		.vlan_filters	= 16,
	};
	struct svnic_test *t;

	t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	svnic_policy_init(&t->state, svnic_test_own, SVNIC_TEST_FRAME_LIMIT,
			  &grant);
	t->state.version = 1;
	test->priv = t;
	return 0;
}

void svnic_test_change(struct svnic_vf_state *state, unsigned int change)
{
	svnic_policy_set_trust(state, change & SVNIC_TEST_TRUST);
	svnic_policy_set_mac(state, change & SVNIC_TEST_MAC ?
			     svnic_test_admin : svnic_test_zero);
	svnic_policy_set_vlan(state, change & SVNIC_TEST_VLAN ? 5 : 0, 0,
			      ETH_P_8021Q);
}

enum svnic_mbx_status svnic_test_ask(struct svnic_test *t, u16 opcode,
				     size_t body_len)
{
	size_t len = sizeof(t->msg.hdr) + body_len;

	t->msg.hdr.opcode = cpu_to_le16(opcode);
	t->msg.hdr.len = cpu_to_le16(len);
	svnic_policy_request(&t->state, &t->msg, len, &t->verdict);
	return t->verdict.status;
}

enum svnic_mbx_status svnic_test_macs(struct svnic_test *t, u16 opcode,
				      const u8 *mac, unsigned int count)
{
	unsigned int i;

	memset(&t->msg, 0, sizeof(t->msg));
	t->msg.list.count = cpu_to_le16(count);
	for (i = 0; i < count; i++)
		ether_addr_copy(t->msg.list.mac[i], mac);
	return svnic_test_ask(t, opcode, 8 + count * ETH_ALEN);
}

enum svnic_mbx_status svnic_test_vlans(struct svnic_test *t, u16 opcode,
				       u16 proto, u16 vid, unsigned int count)
{
	unsigned int i;

	memset(&t->msg, 0, sizeof(t->msg));
	t->msg.list.count = cpu_to_le16(count);
	t->msg.list.proto = cpu_to_le16(proto);
	for (i = 0; i < count; i++)
		t->msg.list.vid[i] = cpu_to_le16(vid);
	return svnic_test_ask(t, opcode, 8 + count * sizeof(__le16));
}

enum svnic_mbx_status svnic_test_version(struct svnic_test *t, u16 lo, u16 hi)
{
	memset(&t->msg, 0, sizeof(t->msg));
	t->msg.version.min = cpu_to_le16(lo);
	t->msg.version.max = cpu_to_le16(hi);
	return svnic_test_ask(t, SVNIC_MBX_VERSION, 4);
}

enum svnic_mbx_status svnic_test_rx_mode(struct svnic_test *t, u32 flags)
{
	memset(&t->msg, 0, sizeof(t->msg));
	t->msg.rx_mode.flags = cpu_to_le32(flags);
	return svnic_test_ask(t, SVNIC_MBX_RX_MODE, 4);
}

enum svnic_mbx_status svnic_test_mtu(struct svnic_test *t, u16 frame_max)
{
	memset(&t->msg, 0, sizeof(t->msg));
	t->msg.mtu.frame_max = cpu_to_le16(frame_max);
	return svnic_test_ask(t, SVNIC_MBX_SET_MTU, 4);
}
