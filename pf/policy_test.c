// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of svnic's policy: grants of VFs, and verdicts on all kinds of
 * requests.
 */
#include <linux/module.h>
#include <linux/prandom.h>

#include "policy_test.h"

static void svnic_test_share(struct kunit *test)
{
	struct svnic_grant pool = {
		.queues		= 1024,
		.vectors	= 2048,
		.mac_filters	= 16384,
		.vlan_filters	= 32768,
	};
	struct svnic_grant own = { .queues = 32, .vectors = 33 };
	struct svnic_grant share;
	unsigned int n;

	/* If there are few VFs their shares are limited. */
	KUNIT_ASSERT_EQ(test, svnic_policy_share(&pool, &own, 1, &share), 0);
	KUNIT_EXPECT_EQ(test, share.queues, 4);
	KUNIT_EXPECT_EQ(test, share.vectors, 5);
	KUNIT_EXPECT_EQ(test, share.mac_filters, 32);
	KUNIT_EXPECT_EQ(test, share.vlan_filters, 64);

	/* The shares never exceed the pools. */
	for (n = 1; n <= SVNIC_VF_LIMIT; n++) {
		KUNIT_ASSERT_EQ(test, svnic_policy_share(&pool, &own, n,
							 &share), 0);
		KUNIT_EXPECT_LE(test, share.queues * n + own.queues,
				pool.queues);
		KUNIT_EXPECT_LE(test, share.vectors * n + own.vectors,
				pool.vectors);
		KUNIT_EXPECT_LE(test, share.mac_filters * n, pool.mac_filters);
		KUNIT_EXPECT_LE(test, share.vlan_filters * n,
				pool.vlan_filters);
		KUNIT_EXPECT_GE(test, share.vectors, share.queues + 1);
	}

	/* The PF keeps the filters that it uses if there are enough for all. */
	own.mac_filters = pool.mac_filters - 1000;
	own.vlan_filters = pool.vlan_filters - 1000;
	KUNIT_ASSERT_EQ(test, svnic_policy_share(&pool, &own, 10, &share), 0);
	KUNIT_EXPECT_EQ(test, share.mac_filters, 32);
	KUNIT_EXPECT_EQ(test, share.vlan_filters, 64);
	KUNIT_ASSERT_EQ(test, svnic_policy_share(&pool, &own, 50, &share), 0);
	KUNIT_EXPECT_EQ(test, share.mac_filters, 20);
	/* It does not keep them if that takes more than half of a share. */
	KUNIT_EXPECT_EQ(test, share.vlan_filters, 64);
	own.mac_filters = pool.mac_filters;
	KUNIT_ASSERT_EQ(test, svnic_policy_share(&pool, &own, 1, &share), 0);
	KUNIT_EXPECT_EQ(test, share.mac_filters, 32);
	own.mac_filters = 0;
	own.vlan_filters = 0;

	/* Vectors run out before queues do. */
	pool.vectors = own.vectors + 2 * 100;
	KUNIT_ASSERT_EQ(test, svnic_policy_share(&pool, &own, 100, &share), 0);
	KUNIT_EXPECT_EQ(test, share.queues, 1);
	KUNIT_EXPECT_EQ(test, share.vectors, 2);
	KUNIT_EXPECT_EQ(test, svnic_policy_share(&pool, &own, 101, &share),
			-ENOSPC);

	/* A device with inconsistent numbers. */
	pool.queues = own.queues - 1;
	KUNIT_EXPECT_EQ(test, svnic_policy_share(&pool, &own, 1, &share),
			-ENOSPC);
}

static void svnic_test_vectors(struct kunit *test)
{
	const struct svnic_grant pool = { .queues = 20, .vectors = 24 };
	const struct svnic_grant taken = { .queues = 16, .vectors = 20 };
	struct svnic_grant grant = {
		.queues		= 4,
		.vectors	= 5,
		.mac_filters	= 8,
		.vlan_filters	= 16,
	};
	const struct svnic_grant old = grant;

	KUNIT_EXPECT_EQ(test, svnic_policy_vectors(&pool, &taken, 1, &grant),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, svnic_policy_vectors(&pool, &taken, 2049,
						   &grant), -EINVAL);
	/* The VF's own grant does not count, those of others do. */
	KUNIT_EXPECT_EQ(test, svnic_policy_vectors(&pool, &taken, 10, &grant),
			-ENOSPC);
	KUNIT_EXPECT_MEMEQ(test, &grant, &old, sizeof(grant));
	KUNIT_EXPECT_EQ(test, svnic_policy_vectors(&pool, &taken, 9, &grant),
			0);
	KUNIT_EXPECT_EQ(test, grant.vectors, 9);
	KUNIT_EXPECT_EQ(test, grant.queues, 8);
	KUNIT_EXPECT_EQ(test, grant.mac_filters, old.mac_filters);
	KUNIT_EXPECT_EQ(test, grant.vlan_filters, old.vlan_filters);

	/* There are enough vectors, but not enough pairs. */
	grant = (struct svnic_grant){ .queues = 1, .vectors = 5 };
	KUNIT_EXPECT_EQ(test, svnic_policy_vectors(&pool, &taken, 7, &grant),
			-ENOSPC);
	KUNIT_EXPECT_EQ(test, svnic_policy_vectors(&pool, &taken, 2, &grant),
			0);
	KUNIT_EXPECT_EQ(test, grant.queues, 1);
}

static void svnic_test_version_agree(struct kunit *test)
{
	struct svnic_test *t = test->priv;

	t->state.version = 0;
	KUNIT_EXPECT_EQ(test, svnic_test_ask(t, SVNIC_MBX_GET_CONFIG, 0),
			SVNIC_MBX_ERR_STATE);
	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, SVNIC_MBX_MAC_ADD,
					      svnic_test_mcast, 1),
			SVNIC_MBX_ERR_STATE);

	KUNIT_EXPECT_EQ(test, svnic_test_version(t, 2, 1), SVNIC_MBX_ERR_PARAM);
	KUNIT_EXPECT_EQ(test, svnic_test_version(t, SVNIC_MBX_VERSION_MAX + 1,
						 0xffff),
			SVNIC_MBX_ERR_VERSION);
	KUNIT_EXPECT_EQ(test, svnic_test_version(t, 0, 0),
			SVNIC_MBX_ERR_VERSION);
	KUNIT_EXPECT_EQ(test, t->verdict.next.version, 0);

	KUNIT_EXPECT_EQ(test, svnic_test_version(t, 0, 0xffff), SVNIC_MBX_OK);
	KUNIT_EXPECT_EQ(test, t->verdict.next.version, SVNIC_MBX_VERSION_MAX);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(t->verdict.reply.version.min),
			SVNIC_MBX_VERSION_MAX);
	KUNIT_EXPECT_EQ(test, t->verdict.reply_len,
			sizeof(struct svnic_mbx_version));

	t->state = t->verdict.next;
	KUNIT_EXPECT_EQ(test, svnic_test_version(t, 1, 1), SVNIC_MBX_OK);
	KUNIT_EXPECT_EQ(test, svnic_test_ask(t, SVNIC_MBX_GET_CONFIG, 0),
			SVNIC_MBX_OK);
}

static void svnic_test_framing(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	unsigned int opcode;
	size_t len;

	/* Too short or too long for a message. */
	memset(&t->msg, 0, sizeof(t->msg));
	for (len = 0; len < sizeof(t->msg.hdr); len++) {
		svnic_policy_request(&t->state, &t->msg, len, &t->verdict);
		KUNIT_EXPECT_EQ(test, t->verdict.status, SVNIC_MBX_ERR_LENGTH);
	}
	svnic_policy_request(&t->state, &t->msg, SVNIC_MBX_MSG_MAX + 1,
			     &t->verdict);
	KUNIT_EXPECT_EQ(test, t->verdict.status, SVNIC_MBX_ERR_LENGTH);

	KUNIT_EXPECT_EQ(test, svnic_test_ask(t, 0, 0), SVNIC_MBX_ERR_OPCODE);
	for (opcode = SVNIC_MBX_OPCODES; opcode <= 0xffff; opcode += 97)
		KUNIT_EXPECT_EQ(test, svnic_test_ask(t, opcode, 0),
				SVNIC_MBX_ERR_OPCODE);

	/* The length in the header is wrong. */
	KUNIT_EXPECT_EQ(test, svnic_test_rx_mode(t, SVNIC_MBX_RX_VLAN_FILTER),
			SVNIC_MBX_OK);
	t->msg.hdr.len = cpu_to_le16(21);
	svnic_policy_request(&t->state, &t->msg, 20, &t->verdict);
	KUNIT_EXPECT_EQ(test, t->verdict.status, SVNIC_MBX_ERR_LENGTH);

	/* Too few or too many bytes, for each opcode. */
	memset(&t->msg, 0, sizeof(t->msg));
	for (opcode = 1; opcode < SVNIC_MBX_OPCODES; opcode++) {
		KUNIT_EXPECT_EQ(test, svnic_test_ask(t, opcode, 3),
				SVNIC_MBX_ERR_LENGTH);
		KUNIT_EXPECT_EQ(test, svnic_test_ask(t, opcode, 240),
				SVNIC_MBX_ERR_LENGTH);
	}

	/* Reserved bytes are checked. */
	t->msg.hdr.status = cpu_to_le16(1);
	KUNIT_EXPECT_EQ(test, svnic_test_ask(t, SVNIC_MBX_GET_CONFIG, 0),
			SVNIC_MBX_ERR_PARAM);
	t->msg.hdr.status = 0;
	t->msg.hdr.rsvd0 = cpu_to_le16(1);
	KUNIT_EXPECT_EQ(test, svnic_test_ask(t, SVNIC_MBX_GET_CONFIG, 0),
			SVNIC_MBX_ERR_PARAM);
	t->msg.hdr.rsvd0 = 0;
	t->msg.hdr.rsvd1 = cpu_to_le32(1);
	KUNIT_EXPECT_EQ(test, svnic_test_ask(t, SVNIC_MBX_GET_CONFIG, 0),
			SVNIC_MBX_ERR_PARAM);
}

static void svnic_test_config(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	const struct svnic_mbx_config *config = &t->verdict.reply.config;

	t->state.port_vlan = 0x2005;
	KUNIT_ASSERT_EQ(test, svnic_test_ask(t, SVNIC_MBX_GET_CONFIG, 0),
			SVNIC_MBX_OK);
	KUNIT_EXPECT_EQ(test, t->verdict.action, SVNIC_DO_NOTHING);
	KUNIT_EXPECT_EQ(test, t->verdict.reply_len, sizeof(*config));
	KUNIT_EXPECT_MEMEQ(test, config->mac, svnic_test_own, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(config->frame_max),
			SVNIC_TEST_FRAME_LIMIT);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(config->flags), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(config->queues), 4);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(config->vectors), 5);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(config->mac_filters), 8);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(config->vlan_filters), 16);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(config->port_vlan), 0x2005);

	svnic_policy_set_mac(&t->state, svnic_test_admin);
	svnic_test_ask(t, SVNIC_MBX_GET_CONFIG, 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(config->flags),
			SVNIC_MBX_CONFIG_MAC_FIXED);

	svnic_policy_set_trust(&t->state, true);
	svnic_test_ask(t, SVNIC_MBX_GET_CONFIG, 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(config->flags),
			SVNIC_MBX_CONFIG_TRUSTED);
}

static void svnic_test_filters(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	const u16 add = SVNIC_MBX_MAC_ADD, del = SVNIC_MBX_MAC_DEL;

	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, add, svnic_test_zero, 1),
			SVNIC_MBX_ERR_PARAM);
	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, add, svnic_test_bcast, 1),
			SVNIC_MBX_ERR_PARAM);
	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, add, svnic_test_mcast, 9),
			SVNIC_MBX_ERR_LIMIT);
	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, add, svnic_test_mcast,
					      SVNIC_MBX_MACS_MAX + 1),
			SVNIC_MBX_ERR_LENGTH);

	KUNIT_ASSERT_EQ(test, svnic_test_macs(t, add, svnic_test_mcast, 8),
			SVNIC_MBX_OK);
	KUNIT_EXPECT_EQ(test, t->verdict.action, SVNIC_DO_FILTER_ADD);
	KUNIT_EXPECT_EQ(test, t->verdict.list.count, 8);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)t->verdict.list.macs,
			    (const void *)t->msg.list.mac);

	/* The list does not match the message, or is empty. */
	t->msg.list.count = cpu_to_le16(7);
	KUNIT_EXPECT_EQ(test, svnic_test_ask(t, add, 8 + 8 * ETH_ALEN),
			SVNIC_MBX_ERR_LENGTH);
	t->msg.list.count = cpu_to_le16(0xffff);
	KUNIT_EXPECT_EQ(test, svnic_test_ask(t, add, 8 + 8 * ETH_ALEN),
			SVNIC_MBX_ERR_PARAM);
	t->msg.list.count = 0;
	KUNIT_EXPECT_EQ(test, svnic_test_ask(t, add, 8 + ETH_ALEN),
			SVNIC_MBX_ERR_PARAM);

	/* With a fixed address no other source address is allowed. */
	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, add, svnic_test_guest, 1),
			SVNIC_MBX_OK);
	svnic_policy_set_mac(&t->state, svnic_test_admin);
	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, add, svnic_test_guest, 1),
			SVNIC_MBX_ERR_PERM);
	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, add, svnic_test_mcast, 1),
			SVNIC_MBX_OK);

	/* More filters than the grant may be removed. */
	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, del, svnic_test_guest, 32),
			SVNIC_MBX_OK);
	KUNIT_EXPECT_EQ(test, t->verdict.action, SVNIC_DO_FILTER_DEL);
}

static void svnic_test_vlan_filters(struct kunit *test)
{
	static const u16 protos[] = { ETH_P_8021Q, ETH_P_8021AD };
	static const u16 wrong[] = { 0, ETH_P_IP, ETH_P_QINQ1, 0xa888 };
	const u16 add = SVNIC_MBX_VLAN_ADD, del = SVNIC_MBX_VLAN_DEL;
	struct svnic_test *t = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(protos); i++) {
		u16 proto = protos[i];

		KUNIT_EXPECT_EQ(test, svnic_test_vlans(t, add, proto, 0, 1),
				SVNIC_MBX_ERR_PARAM);
		KUNIT_EXPECT_EQ(test, svnic_test_vlans(t, add, proto, 4095, 1),
				SVNIC_MBX_ERR_PARAM);
		KUNIT_EXPECT_EQ(test, svnic_test_vlans(t, add, proto, 5, 17),
				SVNIC_MBX_ERR_LIMIT);
		KUNIT_ASSERT_EQ(test, svnic_test_vlans(t, add, proto, 4094, 16),
				SVNIC_MBX_OK);
		KUNIT_EXPECT_EQ(test, t->verdict.action, SVNIC_DO_FILTER_ADD);
		KUNIT_EXPECT_NULL(test, t->verdict.list.macs);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(t->verdict.list.vids[15]),
				4094);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(t->verdict.list.proto),
				proto);
	}
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		KUNIT_EXPECT_EQ(test, svnic_test_vlans(t, add, wrong[i], 5, 1),
				SVNIC_MBX_ERR_PARAM);
		KUNIT_EXPECT_EQ(test, svnic_test_vlans(t, del, wrong[i], 5, 1),
				SVNIC_MBX_ERR_PARAM);
	}

	/* Within a port VLAN: none, except 802.1Q in 802.1ad. */
	for (i = 0; i < ARRAY_SIZE(protos); i++) {
		enum svnic_mbx_status inner = protos[i] == ETH_P_8021AD ?
					      SVNIC_MBX_OK : SVNIC_MBX_ERR_PERM;

		KUNIT_ASSERT_EQ(test, svnic_policy_set_vlan(&t->state, 7, 3,
							    protos[i]), 0);
		KUNIT_EXPECT_EQ(test,
				svnic_test_vlans(t, add, ETH_P_8021Q, 5, 1),
				inner);
		KUNIT_EXPECT_EQ(test,
				svnic_test_vlans(t, add, ETH_P_8021AD, 5, 1),
				SVNIC_MBX_ERR_PERM);
		KUNIT_EXPECT_EQ(test,
				svnic_test_vlans(t, del, ETH_P_8021Q, 5, 64),
				SVNIC_MBX_OK);
		KUNIT_EXPECT_EQ(test, t->verdict.action, SVNIC_DO_FILTER_DEL);
		KUNIT_EXPECT_EQ(test,
				svnic_test_vlans(t, del, ETH_P_8021AD, 5, 64),
				SVNIC_MBX_OK);
	}
}

static void svnic_test_trust(struct kunit *test)
{
	struct svnic_test *t = test->priv;

	/* Initially the VF receives only its own VLANs. */
	KUNIT_EXPECT_EQ(test, t->state.rx_flags, SVNIC_MBX_RX_VLAN_FILTER);
	KUNIT_EXPECT_EQ(test, svnic_test_rx_mode(t, 0), SVNIC_MBX_ERR_PERM);
	KUNIT_EXPECT_EQ(test, svnic_test_rx_mode(t, SVNIC_MBX_RX_FLAGS),
			SVNIC_MBX_ERR_PERM);
	KUNIT_EXPECT_EQ(test, svnic_test_rx_mode(t, SVNIC_MBX_RX_PROMISC),
			SVNIC_MBX_ERR_PERM);
	KUNIT_EXPECT_EQ(test, svnic_test_rx_mode(t, SVNIC_MBX_RX_ALLMULTI),
			SVNIC_MBX_ERR_PERM);
	KUNIT_EXPECT_EQ(test, svnic_test_rx_mode(t, SVNIC_VPORT_SPOOFCHK),
			SVNIC_MBX_ERR_PARAM);
	KUNIT_EXPECT_EQ(test, svnic_test_rx_mode(t, SVNIC_VPORT_BCAST),
			SVNIC_MBX_ERR_PARAM);
	KUNIT_EXPECT_EQ(test, svnic_test_rx_mode(t, SVNIC_MBX_RX_VLAN_FILTER),
			SVNIC_MBX_OK);
	t->state = t->verdict.next;

	svnic_policy_set_trust(&t->state, true);
	KUNIT_ASSERT_EQ(test, svnic_test_rx_mode(t, SVNIC_MBX_RX_FLAGS),
			SVNIC_MBX_OK);
	KUNIT_EXPECT_EQ(test, t->verdict.action, SVNIC_DO_VPORT);
	t->state = t->verdict.next;

	svnic_policy_set_trust(&t->state, false);
	KUNIT_EXPECT_EQ(test, t->state.rx_flags, SVNIC_MBX_RX_VLAN_FILTER);

	svnic_policy_set_trust(&t->state, true);
	KUNIT_ASSERT_EQ(test, svnic_test_rx_mode(t, 0), SVNIC_MBX_OK);
	t->state = t->verdict.next;
	svnic_policy_reset(&t->state);
	KUNIT_EXPECT_EQ(test, t->state.rx_flags, SVNIC_MBX_RX_VLAN_FILTER);
	t->state.version = 1;
	KUNIT_ASSERT_EQ(test, svnic_test_rx_mode(t, 0), SVNIC_MBX_OK);
	t->state = t->verdict.next;
	svnic_policy_set_trust(&t->state, false);
	KUNIT_EXPECT_EQ(test, t->state.rx_flags, SVNIC_MBX_RX_VLAN_FILTER);
}

static void svnic_test_set_mtu(struct kunit *test)
{
	struct svnic_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, svnic_test_mtu(t, 0), SVNIC_MBX_ERR_PARAM);
	KUNIT_EXPECT_EQ(test, svnic_test_mtu(t, SVNIC_TEST_FRAME_LIMIT + 1),
			SVNIC_MBX_ERR_LIMIT);
	KUNIT_ASSERT_EQ(test, svnic_test_mtu(t, 1518), SVNIC_MBX_OK);
	t->state = t->verdict.next;
	KUNIT_EXPECT_EQ(test, t->state.frame_max, 1518);
	t->msg.mtu.rsvd = cpu_to_le16(1);
	KUNIT_EXPECT_EQ(test, svnic_test_ask(t, SVNIC_MBX_SET_MTU, 4),
			SVNIC_MBX_ERR_PARAM);
	svnic_policy_reset(&t->state);
	KUNIT_EXPECT_EQ(test, t->state.frame_max, SVNIC_TEST_FRAME_LIMIT);
}

static void svnic_test_cfg(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	struct svnic_vf_state next = t->state;
	struct svnic_vport_cfg cfg;

	/* If the old state is not known everything is set. */
	KUNIT_EXPECT_TRUE(test, svnic_policy_cfg(NULL, &next, &cfg));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(cfg.mask), SVNIC_VPORT_SET_ALL);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(cfg.flags_mask), SVNIC_VPORT_FLAGS);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(cfg.flags),
			SVNIC_VPORT_BCAST | SVNIC_VPORT_SPOOFCHK |
			SVNIC_VPORT_VLAN_FILTER);
	KUNIT_EXPECT_MEMEQ(test, cfg.mac, svnic_test_own, ETH_ALEN);

	/* Without a change there is nothing to program or to notify. */
	KUNIT_EXPECT_FALSE(test, svnic_policy_cfg(&t->state, &next, &cfg));
	KUNIT_EXPECT_FALSE(test, svnic_policy_config_differs(&t->state, &next));

	/* spoofchk is programmed, but not visible to the VF. */
	next.spoofchk = false;
	KUNIT_EXPECT_TRUE(test, svnic_policy_cfg(&t->state, &next, &cfg));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(cfg.mask), SVNIC_VPORT_SET_FLAGS);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(cfg.flags_mask),
			SVNIC_VPORT_SPOOFCHK);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(cfg.flags), 0);
	KUNIT_EXPECT_FALSE(test, svnic_policy_config_differs(&t->state, &next));

	/* Trust is visible to the VF, but not programmed. */
	next = t->state;
	svnic_policy_set_trust(&next, true);
	KUNIT_EXPECT_FALSE(test, svnic_policy_cfg(&t->state, &next, &cfg));
	KUNIT_EXPECT_TRUE(test, svnic_policy_config_differs(&t->state, &next));

	next = t->state;
	next.link = SVNIC_VPORT_LINK_DOWN;
	svnic_policy_set_mac(&next, svnic_test_admin);
	svnic_policy_set_vlan(&next, 5, 0, ETH_P_8021Q);
	KUNIT_EXPECT_TRUE(test, svnic_policy_cfg(&t->state, &next, &cfg));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(cfg.mask),
			SVNIC_VPORT_SET_LINK | SVNIC_VPORT_SET_MAC |
			SVNIC_VPORT_SET_PORT_VLAN);
	KUNIT_EXPECT_EQ(test, cfg.link, SVNIC_VPORT_LINK_DOWN);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(cfg.port_vlan), 5);
}

/* The next driver adopts the state of this one. */
static void svnic_test_adopt(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	struct svnic_vport_note note = {};
	struct svnic_vport_info info = {};
	struct svnic_vf_state state;
	unsigned int change;

	for (change = 0; change < 8; change++) {
		svnic_test_change(&t->state, change);
		if (change & SVNIC_TEST_TRUST || !(change & SVNIC_TEST_MAC))
			ether_addr_copy(t->state.mac, svnic_test_guest);
		svnic_policy_cfg(NULL, &t->state, &info.cfg);
		KUNIT_EXPECT_TRUE(test, svnic_policy_note(NULL, &t->state,
							  &note));
		info.grant.queues = cpu_to_le16(t->state.grant.queues);
		info.grant.vectors = cpu_to_le16(t->state.grant.vectors);
		info.grant.mac_filters =
			cpu_to_le16(t->state.grant.mac_filters);
		info.grant.vlan_filters =
			cpu_to_le16(t->state.grant.vlan_filters);
		svnic_policy_adopt(&state, &info, &note,
				   SVNIC_TEST_FRAME_LIMIT);
		/* The new driver has to agree on a version with the guest. */
		KUNIT_EXPECT_EQ(test, state.version, 0);
		state.version = t->state.version;
		KUNIT_EXPECT_MEMEQ(test, &state, &t->state, sizeof(state));
		KUNIT_EXPECT_FALSE(test, svnic_policy_note(&t->state, &state,
							   &note));
	}
	state.trusted = !state.trusted;
	KUNIT_EXPECT_TRUE(test, svnic_policy_note(&t->state, &state, &note));
}

/* There is no note, or the device has invalid data. */
static void svnic_test_adopt_unknown(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	struct svnic_vport_note note = {};
	struct svnic_vport_info info = {};
	struct svnic_vf_state state;

	svnic_policy_set_vlan(&t->state, 9, 1, ETH_P_8021AD);
	t->state.rx_flags = SVNIC_MBX_RX_PROMISC;
	svnic_policy_cfg(NULL, &t->state, &info.cfg);
	info.grant.queues = cpu_to_le16(3);

	svnic_policy_adopt(&state, &info, &note, SVNIC_TEST_FRAME_LIMIT);
	KUNIT_EXPECT_MEMEQ(test, state.mac, svnic_test_own, ETH_ALEN);
	KUNIT_EXPECT_MEMEQ(test, state.admin_mac, svnic_test_own, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, state.port_vlan, t->state.port_vlan);
	KUNIT_EXPECT_EQ(test, state.port_vlan_proto, ETH_P_8021AD);
	KUNIT_EXPECT_TRUE(test, state.spoofchk);
	KUNIT_EXPECT_TRUE(test, state.trusted);
	KUNIT_EXPECT_EQ(test, state.grant.queues, 3);
	KUNIT_EXPECT_EQ(test, state.version, 0);
	KUNIT_EXPECT_FALSE(test, svnic_policy_cfg(&t->state, &state,
						  &info.cfg));

	memset(&info, 0xff, sizeof(info));
	memset(&note, 0xff, sizeof(note));
	svnic_policy_adopt(&state, &info, &note, SVNIC_TEST_FRAME_LIMIT);
	KUNIT_EXPECT_LE(test, state.link, SVNIC_VPORT_LINK_DOWN);
	KUNIT_EXPECT_EQ(test, state.rx_flags & ~SVNIC_MBX_RX_FLAGS, 0);
}

/* Random requests: a verdict is within bounds, and its list in the message. */
static void svnic_test_random(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	const u8 *end = (const u8 *)&t->msg + SVNIC_MBX_MSG_MAX;
	const struct svnic_verdict *v = &t->verdict;
	struct rnd_state rnd;
	unsigned int i;
	size_t len;

	prandom_seed_state(&rnd, 0x53564e43);
	for (i = 0; i < 100000; i++) {
		memset(&t->msg, 0, sizeof(t->msg));
		len = prandom_u32_state(&rnd) % (SVNIC_MBX_MSG_MAX + 1);
		prandom_bytes_state(&rnd, &t->msg.list.mac,
				    sizeof(t->msg.list.mac));
		t->msg.list.count = cpu_to_le16(prandom_u32_state(&rnd) % 70);
		if (i % 2)
			t->msg.list.proto = cpu_to_le16(ETH_P_8021AD);
		t->msg.hdr.opcode = cpu_to_le16(prandom_u32_state(&rnd) % 12);
		t->msg.hdr.len = cpu_to_le16(len);
		svnic_policy_request(&t->state, &t->msg, len, &t->verdict);

		if (v->status != SVNIC_MBX_OK)
			continue;
		KUNIT_ASSERT_LE(test, v->list.count, SVNIC_FILTER_LIST_MAX);
		KUNIT_ASSERT_LE(test, v->reply_len, sizeof(v->reply));
		KUNIT_ASSERT_FALSE(test, v->next.trusted);
		KUNIT_ASSERT_EQ(test, v->next.rx_flags,
				SVNIC_MBX_RX_VLAN_FILTER);
		if (v->list.macs)
			KUNIT_ASSERT_TRUE(test, (const u8 *)
					  &v->list.macs[v->list.count] <= end);
		else if (v->list.vids)
			KUNIT_ASSERT_TRUE(test, (const u8 *)
					  &v->list.vids[v->list.count] <= end);
	}
}

static struct kunit_case svnic_policy_cases[] = {
	KUNIT_CASE(svnic_test_share),
	KUNIT_CASE(svnic_test_vectors),
	KUNIT_CASE(svnic_test_version_agree),
	KUNIT_CASE(svnic_test_framing),
	KUNIT_CASE(svnic_test_config),
	KUNIT_CASE(svnic_test_filters),
	KUNIT_CASE(svnic_test_vlan_filters),
	KUNIT_CASE(svnic_test_trust),
	KUNIT_CASE(svnic_test_set_mtu),
	KUNIT_CASE(svnic_test_cfg),
	KUNIT_CASE(svnic_test_adopt),
	KUNIT_CASE(svnic_test_adopt_unknown),
	KUNIT_CASE(svnic_test_random),
	{}
};

static struct kunit_suite svnic_policy_suite = {
	.name		= "svnic_policy",
	.init		= svnic_test_init,
	.test_cases	= svnic_policy_cases,
};

kunit_test_suite(svnic_policy_suite);

MODULE_DESCRIPTION("KUnit tests of the SV-NIC PF driver's policy");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
