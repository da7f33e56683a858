// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 10.5: filters of vports, and which vport may have an address. */
#include "svnic_core_priv.h"
#include "test.h"

static void setup(void)
{
	host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
}

/* Section 10.5: which vport may have an address that another vport has. */
static enum svnic_error mac_rule(unsigned int vport, unsigned int opcode,
				 const uint8_t *mac, unsigned int rule)
{
	struct svnic_cmd cmd = admin_cmd(opcode, vport);

	if (opcode == SVNIC_ADMIN_VPORT_SET) {
		cmd.vport_cfg.mask = SVNIC_VPORT_SET_MAC;
		memcpy(cmd.vport_cfg.mac, mac, 6);
		cmd.vport_cfg.mac_rule = rule;
	} else {
		memcpy(cmd.mac.mac, mac, 6);
		cmd.mac.rule = rule;
	}
	return admin(&cmd);
}

/* A new NIC with three VFs, each with a grant of eight filters for unicast. */
static void setup_granted(void)
{
	unsigned int vport;

	setup();
	svnic_core_set_vfs(h->core, 3);
	for (vport = 1; vport <= 3; vport++)
		EQ(vport_grant(vport, 1, 1, 8, 0), 0);
}

static void mac_rule_checks(void)
{
	struct svnic_vport_cfg cfg = {
		.mask = SVNIC_VPORT_SET_LINK,
		.mac_rule = SVNIC_MAC_TAKE,
	};

	setup_granted();
	EQ(mac_rule(1, SVNIC_ADMIN_MAC_ADD, MAC(1), 3), SVNIC_ERR_PARAM);
	EQ(mac_rule(1, SVNIC_ADMIN_MAC_ADD, mac_mcast, 1), SVNIC_ERR_PARAM);
	EQ(mac_rule(1, SVNIC_ADMIN_MAC_DEL, MAC(1), 1), SVNIC_ERR_PARAM);
	EQ(mac_rule(1, SVNIC_ADMIN_VPORT_SET, MAC(1), 3), SVNIC_ERR_PARAM);
	EQ(vport_set(1, &cfg), SVNIC_ERR_PARAM);
	cfg.mask |= SVNIC_VPORT_SET_MAC;
	cfg.mac_rule = SVNIC_MAC_EXCLUSIVE;
	EQ(vport_set(1, &cfg), SVNIC_ERR_PARAM);
}

static void mac_exclusive(void)
{
	const unsigned int add = SVNIC_ADMIN_MAC_ADD;
	const unsigned int set = SVNIC_ADMIN_VPORT_SET;
	const unsigned int rule = SVNIC_MAC_EXCLUSIVE;

	setup_granted();
	EQ(vport_mac(1, MAC(1)), 0);
	EQ(vport_mac(2, MAC(2)), 0);
	EQ(vport_filter(2, MAC(5), true), 0);
	/* A station address, a filter, the PF's own address. */
	EQ(mac_rule(1, add, MAC(2), rule), SVNIC_ERR_IN_USE);
	EQ(mac_rule(1, add, MAC(5), rule), SVNIC_ERR_IN_USE);
	EQ(mac_rule(1, add, MAC(0), rule), SVNIC_ERR_IN_USE);
	EQ(mac_rule(1, set, MAC(2), rule), SVNIC_ERR_IN_USE);
	EQ(mac_rule(1, set, MAC(5), rule), SVNIC_ERR_IN_USE);
	EQ(mac_rule(1, set, MAC(0), rule), SVNIC_ERR_IN_USE);
	EQ(vport_info(1).mac_filters, 0);
	CHECK(!memcmp(vport_info(1).cfg.mac, MAC(1), 6));
	/* Its own addresses are no obstacle, nor are unused ones. */
	EQ(mac_rule(1, add, MAC(1), rule), 0);
	EQ(mac_rule(1, set, MAC(1), rule), 0);
	EQ(mac_rule(1, add, MAC(6), rule), 0);
	EQ(mac_rule(1, set, (const uint8_t [6]){ 0 }, rule), 0);
	/* A VF that does not exist has no address. */
	svnic_core_set_vfs(h->core, 0);
	svnic_core_set_vfs(h->core, 1);
	EQ(mac_rule(1, set, MAC(2), rule), 0);
}

/*
 * A vport without a port VLAN can be given any VLAN, so it meets all others.
 * Vports in different port VLANs never meet.
 */
static void mac_across_vlans(void)
{
	const unsigned int add = SVNIC_ADMIN_MAC_ADD;
	const unsigned int set = SVNIC_ADMIN_VPORT_SET;
	const unsigned int rule = SVNIC_MAC_EXCLUSIVE;
	unsigned int vport;

	setup_granted();
	for (vport = 1; vport <= 3; vport++)
		EQ(vport_mac(vport, MAC(vport)), 0);
	EQ(vport_filter(2, MAC(5), true), 0);
	EQ(vport_vlan(2, 7, 0x8100), 0);
	/* From a vport without a port VLAN into one. */
	EQ(mac_rule(1, add, MAC(2), rule), SVNIC_ERR_IN_USE);
	EQ(mac_rule(1, set, MAC(2), rule), SVNIC_ERR_IN_USE);
	EQ(mac_rule(1, add, MAC(5), rule), SVNIC_ERR_IN_USE);
	EQ(mac_rule(0, add, MAC(5), rule), SVNIC_ERR_IN_USE);
	/* And in the other direction, also for the PF's address. */
	EQ(mac_rule(2, add, MAC(0), rule), SVNIC_ERR_IN_USE);
	EQ(mac_rule(2, set, MAC(0), rule), SVNIC_ERR_IN_USE);
	EQ(mac_rule(2, add, MAC(1), rule), SVNIC_ERR_IN_USE);
	EQ(mac_rule(2, set, MAC(1), rule), SVNIC_ERR_IN_USE);
	/* Within the port VLAN, with any priority. */
	EQ(vport_vlan(1, 0x6007, 0x8100), 0);
	EQ(mac_rule(1, set, MAC(2), rule), SVNIC_ERR_IN_USE);
	EQ(mac_rule(1, add, MAC(3), rule), SVNIC_ERR_IN_USE);
	/* Another VLAN, and the same id with the other EtherType. */
	EQ(vport_vlan(1, 8, 0x8100), 0);
	EQ(mac_rule(1, set, MAC(2), rule), 0);
	EQ(mac_rule(1, add, MAC(5), rule), 0);
	EQ(vport_vlan(3, 7, 0x88a8), 0);
	EQ(mac_rule(3, add, MAC(2), rule), 0);
	EQ(mac_rule(3, add, MAC(0), rule), SVNIC_ERR_IN_USE);
	/*
	 * With owners in two port VLANs it is foreign until both have removed
	 * it.
	 */
	EQ(mac_rule(0, add, MAC(2), rule), SVNIC_ERR_IN_USE);
	EQ(vport_filter(3, MAC(2), false), 0);
	EQ(vport_mac(2, MAC(9)), 0);
	EQ(mac_rule(0, add, MAC(2), rule), SVNIC_ERR_IN_USE);
	EQ(vport_mac(1, MAC(1)), 0);
	EQ(mac_rule(0, add, MAC(2), rule), 0);
	/* A VF that does not exist has no address there. */
	EQ(vport_vlan(1, 0, 0), 0);
	EQ(mac_rule(1, set, MAC(9), rule), SVNIC_ERR_IN_USE);
	svnic_core_set_vfs(h->core, 0);
	svnic_core_set_vfs(h->core, 1);
	EQ(mac_rule(1, set, MAC(9), rule), 0);
}

static void mac_take(void)
{
	const unsigned int add = SVNIC_ADMIN_MAC_ADD;
	const unsigned int set = SVNIC_ADMIN_VPORT_SET;
	const unsigned int rule = SVNIC_MAC_TAKE;

	setup_granted();
	EQ(vport_mac(1, MAC(1)), 0);
	EQ(vport_filter(0, MAC(5), true), 0);
	EQ(vport_filter(2, MAC(5), true), 0);
	EQ(vport_filter(3, MAC(5), true), 0);
	EQ(vport_filter(3, MAC(6), true), 0);
	EQ(vport_filter(3, MAC(1), true), 0);
	EQ(mac_rule(2, set, MAC(5), rule), 0);
	/* The PF's filter is kept, and so is the vport's own. */
	EQ(vport_info(0).mac_filters, 1);
	EQ(vport_info(2).mac_filters, 1);
	EQ(vport_info(3).mac_filters, 2);
	EQ(vport_filter(3, MAC(5), false), SVNIC_ERR_NOT_FOUND);
	/* A station address is not taken. */
	EQ(mac_rule(2, add, MAC(1), rule), 0);
	EQ(vport_info(3).mac_filters, 1);
	CHECK(!memcmp(vport_info(1).cfg.mac, MAC(1), 6));
	EQ(mac_rule(1, add, MAC(1), SVNIC_MAC_EXCLUSIVE), SVNIC_ERR_IN_USE);
	EQ(vport_filter(2, MAC(1), false), 0);
	EQ(mac_rule(1, add, MAC(1), SVNIC_MAC_EXCLUSIVE), 0);
	/* The filter that was removed does not count in the grant any more. */
	EQ(vport_filter(3, MAC(7), true), 0);
	EQ(vport_info(3).mac_filters, 2);
}

static void mac_take_across_vlans(void)
{
	const unsigned int add = SVNIC_ADMIN_MAC_ADD;
	const unsigned int set = SVNIC_ADMIN_VPORT_SET;
	const unsigned int rule = SVNIC_MAC_TAKE;
	unsigned int vport;

	setup_granted();
	for (vport = 1; vport <= 3; vport++) {
		EQ(vport_filter(vport, MAC(5), true), 0);
		EQ(vport_filter(vport, MAC(6), true), 0);
	}
	EQ(vport_vlan(1, 7, 0x8100), 0);
	EQ(vport_vlan(2, 8, 0x8100), 0);
	/* For a vport with a port VLAN: not from another port VLAN. */
	EQ(mac_rule(1, set, MAC(5), rule), 0);
	EQ(vport_info(1).mac_filters, 2);
	EQ(vport_info(2).mac_filters, 2);
	EQ(vport_info(3).mac_filters, 1);
	/* For the PF: from all VFs. A station address is not removed. */
	EQ(mac_rule(0, add, MAC(5), rule), 0);
	EQ(mac_rule(0, add, MAC(6), rule), 0);
	for (vport = 1; vport <= 3; vport++)
		EQ(vport_info(vport).mac_filters, 0);
	CHECK(!memcmp(vport_info(1).cfg.mac, MAC(5), 6));
	/* Filters that were removed can be added again. */
	EQ(vport_filter(2, MAC(5), true), 0);
	EQ(vport_filter(2, MAC(5), false), 0);
	EQ(vport_filter(2, MAC(5), false), SVNIC_ERR_NOT_FOUND);
	/* The same address, set in two port VLANs, belongs to both. */
	EQ(mac_rule(2, set, MAC(5), rule), 0);
	CHECK(!memcmp(vport_info(1).cfg.mac, MAC(5), 6));
	CHECK(!memcmp(vport_info(2).cfg.mac, MAC(5), 6));
}

/* A VF that loses a filter is notified, no other is. */
static void mac_take_tells(void)
{
	struct svnic_event ev;
	unsigned int fn;

	net_up(3, 0);
	EQ(vport_filter(2, MAC(5), true), 0);
	EQ(mac_rule(1, SVNIC_ADMIN_VPORT_SET, MAC(5), SVNIC_MAC_TAKE), 0);
	run();
	CHECK(event_get(2, &ev));
	EQ(ev.type, SVNIC_EVENT_NOTIFY);
	EQ(ev.data, SVNIC_NOTIFY_CONFIG);
	for (fn = 1; fn <= 3; fn++)
		CHECK(!event_get(fn, &ev));
}

static enum svnic_error clear(unsigned int vport, uint32_t what)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_FILTERS_CLEAR,
					       vport);

	cmd.clear.what = what;
	return admin(&cmd);
}

/* Filters for addresses of others, all unicast filters, all filters. */
static void clear_some(void)
{
	net_up(2, 0);
	EQ(vport_filter(1, MAC(2), true), 0);
	EQ(vport_filter(1, MAC(5), true), 0);
	EQ(vport_filter(1, MAC(0), true), 0);
	EQ(vport_filter(1, mac_mcast, true), 0);
	EQ(vport_filter(2, MAC(6), true), 0);
	EQ(vport_filter(2, mac_mcast, true), 0);
	EQ(vport_vid(1, 7, true), 0);
	EQ(clear(1, SVNIC_CLEAR_SHARED + 1), SVNIC_ERR_PARAM);
	EQ(vport_info(1).mac_filters, 4);

	EQ(clear(1, SVNIC_CLEAR_SHARED), 0);
	EQ(vport_info(1).mac_filters, 2);
	EQ(vport_filter(1, MAC(5), true), SVNIC_ERR_EXISTS);
	EQ(vport_filter(1, mac_mcast, true), SVNIC_ERR_EXISTS);
	EQ(clear(1, SVNIC_CLEAR_SHARED), 0);
	EQ(vport_info(1).mac_filters, 2);

	EQ(clear(1, SVNIC_CLEAR_UNICAST), 0);
	EQ(vport_info(1).mac_filters, 1);
	EQ(vport_filter(1, mac_mcast, true), SVNIC_ERR_EXISTS);
	EQ(vport_info(1).vlan_filters, 1);
	CHECK(!memcmp(vport_info(1).cfg.mac, MAC(1), 6));
	EQ(vport_info(2).mac_filters, 2);

	/* Other vports count if it meets them. */
	EQ(vport_filter(1, MAC(6), true), 0);
	EQ(vport_vlan(1, 8, 0x8100), 0);
	EQ(vport_vlan(2, 9, 0x8100), 0);
	EQ(clear(1, SVNIC_CLEAR_SHARED), 0);
	EQ(vport_info(1).mac_filters, 2);
	EQ(vport_vlan(1, 0, 0), 0);
	EQ(clear(1, SVNIC_CLEAR_SHARED), 0);
	EQ(vport_info(1).mac_filters, 1);

	EQ(clear(1, SVNIC_CLEAR_ALL), 0);
	EQ(vport_info(1).mac_filters, 0);
	EQ(vport_info(1).vlan_filters, 0);
}

static void filters(void)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_MAC_ADD, 1);
	unsigned int i;

	setup();
	EQ(vport_grant(1, 1, 1, 3, 2), 0);
	EQ(vport_filter(1, (const uint8_t [6]){ 0 }, true), SVNIC_ERR_PARAM);
	EQ(vport_filter(1, mac_bcast, true), SVNIC_ERR_PARAM);
	memcpy(cmd.mac.mac, MAC(1), 6);
	cmd.mac.rsvd = 1;
	EQ(admin(&cmd), SVNIC_ERR_PARAM);
	EQ(vport_filter(1, MAC(1), false), SVNIC_ERR_NOT_FOUND);
	EQ(vport_filter(1, MAC(1), true), 0);
	EQ(vport_filter(1, MAC(1), true), SVNIC_ERR_EXISTS);
	EQ(vport_filter(2, MAC(1), false), SVNIC_ERR_NOT_FOUND);
	EQ(vport_filter(1, mac_mcast, true), 0);
	EQ(vport_filter(1, mac_other, true), 0);
	EQ(vport_info(1).mac_filters, 3);
	EQ(vport_filter(1, MAC(5), true), SVNIC_ERR_NO_SPACE);
	EQ(vport_filter(1, mac_other, false), 0);
	EQ(vport_filter(1, MAC(5), true), 0);
	EQ(vport_vid(1, 0, true), SVNIC_ERR_PARAM);
	EQ(vport_vid(1, 4095, true), SVNIC_ERR_PARAM);
	EQ(vport_vid(1, 65535, true), SVNIC_ERR_PARAM);
	EQ(vport_vid(1, 1, false), SVNIC_ERR_NOT_FOUND);
	EQ(vport_vid(1, 1, true), 0);
	EQ(vport_vid(1, 1, true), SVNIC_ERR_EXISTS);
	/* The same id with the other EtherType is another VLAN. */
	EQ(vport_svid(1, 1, false), SVNIC_ERR_NOT_FOUND);
	EQ(vport_svid(1, 1, true), 0);
	EQ(vport_svid(1, 1, true), SVNIC_ERR_EXISTS);
	EQ(vport_info(1).vlan_filters, 2);
	EQ(vport_vid(1, 2, true), SVNIC_ERR_NO_SPACE);
	EQ(vport_svid(1, 2, true), SVNIC_ERR_NO_SPACE);
	EQ(vport_svid(1, 1, false), 0);
	EQ(vport_vid(1, 1, true), SVNIC_ERR_EXISTS);
	EQ(vport_vid(1, 4094, true), 0);
	EQ(vport_vid(1, 4094, false), 0);
	EQ(vport_svid(1, 4094, true), 0);
	EQ(vport_svid(1, 4094, false), 0);
	EQ(vport_svid(1, 0, true), SVNIC_ERR_PARAM);
	EQ(vport_svid(1, 4095, true), SVNIC_ERR_PARAM);
	cmd = admin_cmd(SVNIC_ADMIN_VLAN_ADD, 1);
	cmd.vlan.vid = 5;
	for (i = 0; i < 3; i++) {
		cmd.vlan.proto = (const uint16_t [3]){ 0, 0x9100, 0xa888 }[i];
		EQ(admin(&cmd), SVNIC_ERR_PARAM);
	}
	EQ(clear(1, SVNIC_CLEAR_ALL), 0);
	EQ(vport_info(1).mac_filters, 0);
	EQ(vport_info(1).vlan_filters, 0);
	for (i = 0; i < 3; i++)
		EQ(vport_filter(1, MAC(i), true), 0);
	EQ(vport_vid(1, 1, true), 0);
}

const struct test filter_tests[] = {
	TEST(mac_rule_checks),
	TEST(mac_across_vlans),
	TEST(mac_take_across_vlans),
	TEST(mac_exclusive),
	TEST(mac_take),
	TEST(mac_take_tells),
	TEST(clear_some),
	TEST(filters),
	{ 0 },
};
