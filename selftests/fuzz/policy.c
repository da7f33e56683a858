// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of the policy in pf/: a VF that sends any messages, an administrator
 * who changes settings, and a model of the vport that is configured by the
 * policy's decisions. Invariants are checked after each step.
 */
#include <stdlib.h>

#include <linux/errno.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>

#include "fuzz.h"
#include "policy.h"
#include "policy_check.h"

struct tally tallies[] = {
	{ .what = "mailbox messages" },
	{ .what = "actions of the administrator" },
	{ 0 },
};

static void some_mac(struct input *in, u8 *mac)
{
	in_bytes(in, mac, ETH_ALEN);
	if (mac[0] & 0x10)
		memset(mac + 1, 0, ETH_ALEN - 2);
	/* A VF is created with a valid address. */
	mac[0] = 2;
}

static void request(struct nic *nic, struct vf *vf, struct input *in)
{
	u8 buf[SVNIC_MBX_MSG_MAX], *msg;
	struct svnic_verdict verdict;
	struct svnic_vf_state old;
	size_t len;

	len = message(in, buf);
	/* Memory of exactly this size, for the sanitizer. */
	msg = malloc(len + !len);
	memcpy(msg, buf, len);
	old = vf->state;
	svnic_policy_request(&vf->state, msg, len, &verdict);
	MUST(!memcmp(msg, buf, len));
	MUST(!memcmp(&old, &vf->state, sizeof(old)));
	check_verdict(&old, msg, len, &verdict);
	/* The NIC may refuse what the policy grants: nothing changes then. */
	if (verdict.status == SVNIC_MBX_OK && (in8(in) & 15) != 15)
		vf_ask(nic, vf, &verdict.next);
	free(msg);
	tallies[0].done++;
}

static void set_mac(struct nic *nic, struct vf *vf, struct input *in)
{
	struct svnic_vf_state next = vf->state;
	u8 mac[ETH_ALEN];
	int err;

	some_mac(in, mac);
	switch (in8(in) & 7) {
	case 0:
		mac[0] |= 1;
		break;
	case 1:
		memset(mac, 0, sizeof(mac));
		break;
	case 2:
		ether_addr_copy(mac, next.mac);
		break;
	case 3:
		ether_addr_copy(mac, nic->vf[in8(in) % VFS].state.mac);
		break;
	}
	err = svnic_policy_set_mac(&next, mac);
	MUST(err == (is_multicast_ether_addr(mac) ? -EINVAL : 0));
	if (err) {
		MUST(!memcmp(&next, &vf->state, sizeof(next)));
		return;
	}
	MUST(ether_addr_equal(next.admin_mac, mac));
	MUST(is_zero_ether_addr(mac) || ether_addr_equal(next.mac, mac));
	vf_give(nic, vf, &next);
}

static void set_vlan(struct nic *nic, struct vf *vf, struct input *in)
{
	struct svnic_vf_state next = vf->state;
	u16 vid = in16(in) % (VLAN_N_VID + 2);
	u8 pick = in8(in), qos = pick % 10;
	u16 proto = ETH_P_8021Q;
	int err;

	if (pick & 0x40)
		proto = ETH_P_8021AD;
	if (pick > 0xf0)
		proto = in16(in);
	err = svnic_policy_set_vlan(&next, vid, qos, proto);
	if (err) {
		MUST(err == -EINVAL || err == -EPROTONOSUPPORT);
		MUST(!memcmp(&next, &vf->state, sizeof(next)));
		return;
	}
	MUST(next.port_vlan == (qos << VLAN_PRIO_SHIFT | vid));
	vf_give(nic, vf, &next);
}

static void administer(struct nic *nic, struct vf *vf, struct input *in,
		       u8 what)
{
	struct svnic_vf_state next = vf->state;

	switch (what % 6) {
	case 0:
		set_mac(nic, vf, in);
		break;
	case 1:
		set_vlan(nic, vf, in);
		break;
	case 2:
		svnic_policy_set_trust(&next, in8(in) & 1);
		vf_give(nic, vf, &next);
		break;
	case 3:
		next.spoofchk = in8(in) & 1;
		vf_give(nic, vf, &next);
		break;
	case 4:
		next.link = in8(in) % (SVNIC_VPORT_LINK_DOWN + 1);
		vf_give(nic, vf, &next);
		break;
	case 5:
		vf_adopt(nic, vf);
		break;
	}
	tallies[1].done++;
}

static void start(struct nic *nic, struct vf *vf, struct input *in)
{
	struct svnic_grant pool, own, share;
	u8 mac[ETH_ALEN];
	unsigned int vfs;

	some_mac(in, mac);
	pool.queues = in16(in);
	pool.vectors = in16(in);
	pool.mac_filters = in16(in);
	pool.vlan_filters = in16(in);
	/* Of the same bytes, so that older inputs keep their meaning */
	pool.flow_rules = pool.queues ^ pool.vlan_filters;
	pool.rss_contexts = pool.vectors ^ pool.mac_filters;
	own.queues = in8(in);
	own.vectors = in8(in);
	own.mac_filters = 0;
	own.vlan_filters = 0;
	own.flow_rules = own.queues * 256;
	own.rss_contexts = own.vectors;
	vfs = 1 + in8(in) % SVNIC_VF_LIMIT;
	memset(&share, 0, sizeof(share));
	if (svnic_policy_share(&pool, &own, vfs, &share)) {
		share = (struct svnic_grant){
			.queues = 1,
			.vectors = 2,
			.mac_filters = in8(in) % 40,
			.vlan_filters = in8(in) % 80,
			.flow_rules = pool.flow_rules % 80,
			.rss_contexts = pool.rss_contexts % 12,
		};
	} else {
		check_share(&pool, &own, vfs, &share);
	}
	svnic_policy_init(&vf->state, mac, 1518 + in16(in) % 8000, &share);
	vf_program(nic, vf);
}

void run_input(struct input *in)
{
	struct nic nic = { 0 };
	struct vf *vf;
	u8 what;

	for (vf = nic.vf; vf < nic.vf + VFS; vf++)
		start(&nic, vf, in);
	while (in->left) {
		what = in8(in);
		vf = &nic.vf[what % VFS];
		if (what >= 0xf8) {
			svnic_policy_reset(&vf->state);
			vf_program(&nic, vf);
		} else if (what >= 0xc0) {
			administer(&nic, vf, in, what / VFS);
		} else {
			request(&nic, vf, in);
		}
		for (vf = nic.vf; vf < nic.vf + VFS; vf++)
			check_state(vf);
		check_owners(&nic);
	}
}
