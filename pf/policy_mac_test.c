// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of svnic's policy: owners of addresses, after all choices of
 * guests and changes of the administrator.
 */
#include "policy_test.h"

static void svnic_test_set_mac(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	const u16 op = SVNIC_MBX_SET_MAC;

	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, op, svnic_test_zero, 1),
			SVNIC_MBX_ERR_PARAM);
	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, op, svnic_test_mcast, 1),
			SVNIC_MBX_ERR_PARAM);
	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, op, svnic_test_guest, 2),
			SVNIC_MBX_ERR_LENGTH);

	/* A guest may choose if the administrator has not. */
	KUNIT_ASSERT_EQ(test, svnic_test_macs(t, op, svnic_test_guest, 1),
			SVNIC_MBX_OK);
	KUNIT_EXPECT_EQ(test, t->verdict.action, SVNIC_DO_VPORT);
	KUNIT_EXPECT_MEMEQ(test, t->verdict.next.mac, svnic_test_guest,
			   ETH_ALEN);
	t->state = t->verdict.next;

	/* A reset restores the VF's initial address. */
	svnic_policy_reset(&t->state);
	KUNIT_EXPECT_MEMEQ(test, t->state.mac, svnic_test_own, ETH_ALEN);
	t->state.version = 1;

	/* The administrator's address is kept, and may be set again. */
	KUNIT_ASSERT_EQ(test, svnic_policy_set_mac(&t->state, svnic_test_admin),
			0);
	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, op, svnic_test_guest, 1),
			SVNIC_MBX_ERR_PERM);
	KUNIT_EXPECT_EQ(test, svnic_test_macs(t, op, svnic_test_admin, 1),
			SVNIC_MBX_OK);
	KUNIT_EXPECT_EQ(test, t->verdict.action, SVNIC_DO_NOTHING);
	svnic_policy_reset(&t->state);
	KUNIT_EXPECT_MEMEQ(test, t->state.mac, svnic_test_admin, ETH_ALEN);
	t->state.version = 1;

	/* Unless the VF is trusted, and as long as it is. */
	svnic_policy_set_trust(&t->state, true);
	KUNIT_ASSERT_EQ(test, svnic_test_macs(t, op, svnic_test_guest, 1),
			SVNIC_MBX_OK);
	t->state = t->verdict.next;
	svnic_policy_set_trust(&t->state, false);
	KUNIT_EXPECT_MEMEQ(test, t->state.mac, svnic_test_admin, ETH_ALEN);
}

/* Without trust a guest keeps its address if no other function has it. */
static void svnic_test_trust_lost(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	struct svnic_vf_state before;
	struct svnic_vport_cfg cfg;

	svnic_policy_set_trust(&t->state, true);
	KUNIT_ASSERT_EQ(test, svnic_test_macs(t, SVNIC_MBX_SET_MAC,
					      svnic_test_guest, 1),
			SVNIC_MBX_OK);
	t->state = t->verdict.next;
	before = t->state;
	svnic_policy_set_trust(&t->state, false);
	KUNIT_EXPECT_MEMEQ(test, t->state.mac, svnic_test_guest, ETH_ALEN);
	KUNIT_EXPECT_TRUE(test, svnic_policy_mac_kept(&before, &t->state,
						      &cfg));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(cfg.mask), SVNIC_VPORT_SET_MAC);
	KUNIT_EXPECT_EQ(test, cfg.mac_rule, SVNIC_MAC_EXCLUSIVE);
	KUNIT_EXPECT_MEMEQ(test, cfg.mac, svnic_test_guest, ETH_ALEN);

	/* The NIC has refused it. */
	svnic_policy_reset_mac(&t->state);
	KUNIT_EXPECT_MEMEQ(test, t->state.mac, svnic_test_own, ETH_ALEN);
	KUNIT_EXPECT_FALSE(test, svnic_policy_mac_kept(&before, &t->state,
						       &cfg));

	/* No check if it was chosen without trust, or trust does not change. */
	KUNIT_ASSERT_EQ(test, svnic_test_macs(t, SVNIC_MBX_SET_MAC,
					      svnic_test_guest, 1),
			SVNIC_MBX_OK);
	t->state = t->verdict.next;
	before = t->state;
	svnic_policy_set_trust(&t->state, false);
	KUNIT_EXPECT_FALSE(test, svnic_policy_mac_kept(&before, &t->state,
						       &cfg));
	KUNIT_EXPECT_MEMEQ(test, &t->state, &before, sizeof(before));

	/* With an address of the administrator there is no choice. */
	svnic_policy_set_mac(&t->state, svnic_test_admin);
	svnic_policy_set_trust(&t->state, true);
	ether_addr_copy(t->state.mac, svnic_test_guest);
	before = t->state;
	svnic_policy_set_trust(&t->state, false);
	KUNIT_EXPECT_MEMEQ(test, t->state.mac, svnic_test_admin, ETH_ALEN);
	KUNIT_EXPECT_FALSE(test, svnic_policy_mac_kept(&before, &t->state,
						       &cfg));
}

/* Only filters that the guest may not have are cleared. */
static void svnic_test_clears(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	struct svnic_vf_state old, new;
	enum svnic_clear what, want;
	unsigned int from, to;
	bool clears, wants;

	for (from = 0; from < 8; from++) {
		for (to = 0; to < 8; to++) {
			old = t->state;
			svnic_test_change(&old, from);
			new = old;
			svnic_test_change(&new, to);

			wants = false;
			want = SVNIC_CLEAR_ALL;
			if (to & SVNIC_TEST_TRUST) {
				/* A trusted VF may have all filters. */
			} else if ((from ^ to) & SVNIC_TEST_VLAN) {
				wants = true;
				want = SVNIC_CLEAR_UNICAST;
			} else if (to & SVNIC_TEST_MAC) {
				wants = from & SVNIC_TEST_TRUST ||
					!(from & SVNIC_TEST_MAC);
				want = SVNIC_CLEAR_UNICAST;
			} else if (from & SVNIC_TEST_TRUST) {
				wants = true;
				want = SVNIC_CLEAR_SHARED;
			}
			clears = svnic_policy_clears(&old, &new, &what);
			KUNIT_EXPECT_EQ_MSG(test, clears, wants, "%u to %u",
					    from, to);
			if (clears && wants)
				KUNIT_EXPECT_EQ_MSG(test, what, want,
						    "%u to %u", from, to);
		}
	}
}

static bool svnic_test_yields_to(const struct svnic_vf_state *state,
				 const struct svnic_vf_state *other)
{
	struct svnic_owner owner;

	return svnic_policy_owner(other, &owner) &&
	       svnic_policy_yields(state, &owner);
}

/* The administrator can give away an address that a guest has chosen. */
static void svnic_test_yields(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	struct svnic_vf_state *state = &t->state, owner = t->state, other;

	ether_addr_copy(state->mac, svnic_test_guest);
	ether_addr_copy(owner.own_mac, svnic_test_zero);
	svnic_policy_set_mac(&owner, svnic_test_guest);
	KUNIT_EXPECT_TRUE(test, svnic_test_yields_to(state, &owner));
	/* The initial address counts like one that was set. */
	other = owner;
	ether_addr_copy(other.own_mac, svnic_test_guest);
	svnic_policy_set_mac(&other, svnic_test_zero);
	KUNIT_EXPECT_TRUE(test, svnic_test_yields_to(state, &other));

	/* Another address, and one that another guest has chosen. */
	other = owner;
	svnic_policy_set_mac(&other, svnic_test_admin);
	KUNIT_EXPECT_FALSE(test, svnic_test_yields_to(state, &other));
	other = *state;
	svnic_policy_set_trust(&other, true);
	KUNIT_EXPECT_FALSE(test, svnic_test_yields_to(state, &other));

	/* The owner keeps it, and so does a trusted VF. */
	KUNIT_EXPECT_FALSE(test, svnic_test_yields_to(&owner, &owner));
	other = *state;
	svnic_policy_set_mac(&other, svnic_test_guest);
	KUNIT_EXPECT_FALSE(test, svnic_test_yields_to(&other, &owner));
	svnic_policy_set_trust(state, true);
	KUNIT_EXPECT_FALSE(test, svnic_test_yields_to(state, &owner));
}

static bool svnic_test_yields_in(const struct svnic_vf_state *guest,
				 const struct svnic_vf_state *owner,
				 u16 guest_tci, u16 owner_tci, u16 owner_proto)
{
	struct svnic_vf_state a = *guest, b = *owner;

	a.port_vlan = guest_tci;
	b.port_vlan = owner_tci;
	b.port_vlan_proto = owner_proto;
	return svnic_test_yields_to(&a, &b);
}

/* Different port VLANs separate addresses; a VF without one can be in any. */
static void svnic_test_yields_vlan(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	struct svnic_vf_state owner = t->state;
	static const struct {
		u16 guest, owner, proto;
		bool yields;
	} cases[] = {
		{ 0, 0, ETH_P_8021Q, true },
		{ 0, 5, ETH_P_8021Q, true },
		{ 0, 5, ETH_P_8021AD, true },
		{ 5, 0, ETH_P_8021Q, true },
		{ 5, 5, ETH_P_8021Q, true },
		{ 5, 0xe005, ETH_P_8021Q, true },
		{ 5, 6, ETH_P_8021Q, false },
		{ 5, 5, ETH_P_8021AD, false },
	};
	unsigned int i;

	ether_addr_copy(t->state.mac, svnic_test_guest);
	ether_addr_copy(owner.own_mac, svnic_test_zero);
	svnic_policy_set_mac(&owner, svnic_test_guest);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, cases[i].yields,
				    svnic_test_yields_in(&t->state, &owner,
							 cases[i].guest,
							 cases[i].owner,
							 cases[i].proto),
				    "case %u", i);
}

static void svnic_test_admin_mac(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	struct svnic_vf_state before;

	before = t->state;
	KUNIT_EXPECT_EQ(test, svnic_policy_set_mac(&t->state, svnic_test_mcast),
			-EINVAL);
	KUNIT_EXPECT_MEMEQ(test, &t->state, &before, sizeof(before));

	/* There is no address of the administrator to remove. */
	ether_addr_copy(t->state.mac, svnic_test_guest);
	KUNIT_EXPECT_EQ(test, svnic_policy_set_mac(&t->state, svnic_test_zero),
			0);
	KUNIT_EXPECT_MEMEQ(test, t->state.mac, svnic_test_guest, ETH_ALEN);

	KUNIT_EXPECT_EQ(test, svnic_policy_set_mac(&t->state, svnic_test_admin),
			0);
	KUNIT_EXPECT_MEMEQ(test, t->state.mac, svnic_test_admin, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, svnic_policy_set_mac(&t->state, svnic_test_zero),
			0);
	KUNIT_EXPECT_MEMEQ(test, t->state.mac, svnic_test_own, ETH_ALEN);
}

static void svnic_test_port_vlan(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	struct svnic_vf_state *state = &t->state;

	KUNIT_EXPECT_EQ(test, svnic_policy_set_vlan(state, 4095, 0,
						    ETH_P_8021Q), -EINVAL);
	KUNIT_EXPECT_EQ(test, svnic_policy_set_vlan(state, 1, 8, ETH_P_8021Q),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, svnic_policy_set_vlan(state, 0, 1, ETH_P_8021Q),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, svnic_policy_set_vlan(state, 1, 0, ETH_P_IP),
			-EPROTONOSUPPORT);
	KUNIT_EXPECT_EQ(test, state->port_vlan, 0);

	KUNIT_EXPECT_EQ(test, svnic_policy_set_vlan(state, 4094, 7,
						    ETH_P_8021AD), 0);
	KUNIT_EXPECT_EQ(test, state->port_vlan, 0xeffe);
	KUNIT_EXPECT_EQ(test, state->port_vlan_proto, ETH_P_8021AD);
	KUNIT_EXPECT_EQ(test, svnic_policy_set_vlan(state, 0, 0, ETH_P_8021AD),
			0);
	KUNIT_EXPECT_EQ(test, state->port_vlan, 0);
	KUNIT_EXPECT_EQ(test, state->port_vlan_proto, ETH_P_8021Q);
}

/* A guest's choice in one VLAN is not kept in another. */
static void svnic_test_moves(struct kunit *test)
{
	static const struct {
		u16	vid;
		u8	qos;
		u16	proto;
		bool	moves;
	} steps[] = {
		{ 5, 0, ETH_P_8021Q, true },
		{ 5, 3, ETH_P_8021Q, false },
		{ 5, 3, ETH_P_8021AD, true },
		{ 6, 3, ETH_P_8021AD, true },
		{ 0, 0, ETH_P_8021AD, true },
		{ 0, 0, ETH_P_8021Q, false },
	};
	struct svnic_test *t = test->priv;
	struct svnic_vf_state *state = &t->state, old;
	struct svnic_vport_cfg cfg;
	unsigned int i, trusted;
	enum svnic_clear what;
	bool told;
	int err;

	for (trusted = 0; trusted < 2; trusted++) {
		svnic_policy_set_trust(state, trusted);
		for (i = 0; i < ARRAY_SIZE(steps); i++) {
			ether_addr_copy(state->mac, svnic_test_guest);
			old = *state;
			err = svnic_policy_set_vlan(state, steps[i].vid,
						    steps[i].qos,
						    steps[i].proto);
			KUNIT_ASSERT_EQ(test, err, 0);
			KUNIT_EXPECT_EQ(test, svnic_policy_clears(&old, state,
								  &what),
					steps[i].moves && !trusted);
			KUNIT_EXPECT_EQ(test,
					ether_addr_equal(state->mac, old.mac),
					!steps[i].moves || trusted);
			/* A VF without its filters has to be notified. */
			told = svnic_policy_config_differs(&old, state);
			KUNIT_EXPECT_TRUE(test, told || !steps[i].moves);
			svnic_policy_cfg(&old, state, &cfg);
			if (!steps[i].moves) {
				KUNIT_EXPECT_FALSE(test, le32_to_cpu(cfg.mask) &
						   ~SVNIC_VPORT_SET_PORT_VLAN);
				continue;
			}
			KUNIT_EXPECT_EQ(test, le32_to_cpu(cfg.mask),
					SVNIC_VPORT_SET_PORT_VLAN |
					SVNIC_VPORT_SET_MAC);
			KUNIT_EXPECT_EQ(test, cfg.mac_rule, trusted ?
					SVNIC_MAC_SHARE : SVNIC_MAC_TAKE);
		}
	}
}

/* The rules for an address that another vport owns. */
static void svnic_test_mac_rule(struct kunit *test)
{
	struct svnic_test *t = test->priv;
	struct svnic_vf_state next;
	struct svnic_vport_cfg cfg;

	/* A guest that is not trusted does not get it. */
	KUNIT_ASSERT_EQ(test, svnic_test_macs(t, SVNIC_MBX_SET_MAC,
					      svnic_test_guest, 1),
			SVNIC_MBX_OK);
	svnic_policy_cfg(&t->state, &t->verdict.next, &cfg);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(cfg.mask), SVNIC_VPORT_SET_MAC);
	KUNIT_EXPECT_EQ(test, cfg.mac_rule, SVNIC_MAC_EXCLUSIVE);
	KUNIT_ASSERT_EQ(test, svnic_test_macs(t, SVNIC_MBX_MAC_ADD,
					      svnic_test_guest, 1),
			SVNIC_MBX_OK);
	KUNIT_EXPECT_EQ(test, t->verdict.list.rule, SVNIC_MAC_EXCLUSIVE);

	/* The administrator gets it, and so does a trusted guest. */
	next = t->state;
	KUNIT_ASSERT_EQ(test, svnic_policy_set_mac(&next, svnic_test_admin),
			0);
	svnic_policy_cfg(&t->state, &next, &cfg);
	KUNIT_EXPECT_EQ(test, cfg.mac_rule, SVNIC_MAC_TAKE);
	svnic_policy_set_trust(&t->state, true);
	KUNIT_ASSERT_EQ(test, svnic_test_macs(t, SVNIC_MBX_SET_MAC,
					      svnic_test_guest, 1),
			SVNIC_MBX_OK);
	svnic_policy_cfg(&t->state, &t->verdict.next, &cfg);
	KUNIT_EXPECT_EQ(test, cfg.mac_rule, SVNIC_MAC_SHARE);
	KUNIT_ASSERT_EQ(test, svnic_test_macs(t, SVNIC_MBX_MAC_ADD,
					      svnic_test_guest, 1),
			SVNIC_MBX_OK);
	KUNIT_EXPECT_EQ(test, t->verdict.list.rule, SVNIC_MAC_SHARE);

	/* A reset restores the VF's address even if another has it. */
	svnic_policy_cfg(NULL, &next, &cfg);
	KUNIT_EXPECT_EQ(test, cfg.mac_rule, SVNIC_MAC_TAKE);
}

static struct kunit_case svnic_policy_mac_cases[] = {
	KUNIT_CASE(svnic_test_set_mac),
	KUNIT_CASE(svnic_test_trust_lost),
	KUNIT_CASE(svnic_test_clears),
	KUNIT_CASE(svnic_test_yields),
	KUNIT_CASE(svnic_test_yields_vlan),
	KUNIT_CASE(svnic_test_admin_mac),
	KUNIT_CASE(svnic_test_port_vlan),
	KUNIT_CASE(svnic_test_moves),
	KUNIT_CASE(svnic_test_mac_rule),
	{}
};

static struct kunit_suite svnic_policy_mac_suite = {
	.name		= "svnic_policy_mac",
	.init		= svnic_test_init,
	.test_cases	= svnic_policy_mac_cases,
};

kunit_test_suite(svnic_policy_mac_suite);
