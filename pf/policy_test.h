/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KUnit tests of svnic's policy: a fake VF, and requests of its guest.
 */
#ifndef _SVNIC_POLICY_TEST_H
#define _SVNIC_POLICY_TEST_H

#include <kunit/test.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>

#include "policy.h"

#define SVNIC_TEST_FRAME_LIMIT	9022

/* A request under construction. */
struct svnic_test_msg {
	struct svnic_mbx_hdr hdr;
	union {
		u8			bytes[SVNIC_MBX_MSG_MAX];
		struct svnic_mbx_version version;
		struct svnic_mbx_rx_mode rx_mode;
		struct svnic_mbx_mtu	mtu;
		struct {
			__le16	count;
			__le16	proto;
			u8	rsvd[4];
			union {
				u8	mac[SVNIC_MBX_MACS_MAX + 1][ETH_ALEN];
				__le16	vid[SVNIC_MBX_VLANS_MAX + 1];
			};
		} list;
	};
};

/* Properties of a VF that a test changes. */
enum svnic_test_change {
	SVNIC_TEST_TRUST	= 1,	/* it is trusted */
	SVNIC_TEST_MAC		= 2,	/* it has the administrator's address */
	SVNIC_TEST_VLAN		= 4,	/* it has a port VLAN */
};

/* A VF, its request and the verdict. */
struct svnic_test {
	struct svnic_vf_state	state;
	struct svnic_test_msg	msg;
	struct svnic_verdict	verdict;
};

extern const u8 svnic_test_own[ETH_ALEN];
extern const u8 svnic_test_admin[ETH_ALEN];
extern const u8 svnic_test_guest[ETH_ALEN];
extern const u8 svnic_test_mcast[ETH_ALEN];
extern const u8 svnic_test_zero[ETH_ALEN];
extern const u8 svnic_test_bcast[ETH_ALEN];

int svnic_test_init(struct kunit *test);
void svnic_test_change(struct svnic_vf_state *state, unsigned int change);
enum svnic_mbx_status svnic_test_ask(struct svnic_test *t, u16 opcode,
				     size_t body_len);
enum svnic_mbx_status svnic_test_macs(struct svnic_test *t, u16 opcode,
				      const u8 *mac, unsigned int count);
enum svnic_mbx_status svnic_test_vlans(struct svnic_test *t, u16 opcode,
				       u16 proto, u16 vid, unsigned int count);
enum svnic_mbx_status svnic_test_version(struct svnic_test *t, u16 lo, u16 hi);
enum svnic_mbx_status svnic_test_rx_mode(struct svnic_test *t, u32 flags);
enum svnic_mbx_status svnic_test_mtu(struct svnic_test *t, u16 frame_max);

#endif /* _SVNIC_POLICY_TEST_H */
