// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: the L2 switch (section 10.5). A frame of VLAN class c can
 * reach the vports whose port VLAN is c, and the vports without a port VLAN.
 */
#include "svnic_core_packet.h"
#include "svnic_core_path.h"
#include "svnic_core_priv.h"
#include "svnic_core_turn.h"
#include "svnic_core_vport.h"

/*
 * Adds the members of a group that the frame can reach to the receivers, unless
 * they are receivers already. Returns true if it can reach any member.
 */
static bool svnic_switch_group(struct svnic_core *core,
			       const struct svnic_pkt *pkt, uint16_t space,
			       uint64_t key)
{
	const struct svnic_fdb *fdb = &core->fdb;
	uint32_t g = svnic_fdb_find(fdb, key), m;
	bool reached = false;
	struct svnic_fn *fn;

	if (g == SVNIC_NONE)
		return false;
	for (m = fdb->group[g].first; m != SVNIC_NONE;
	     m = fdb->member[m].next) {
		fn = &core->fn[fdb->member[m].vport];
		if (!svnic_fn_exists(core, fn->id))
			continue;
		if (space == SVNIC_VLAN_TRUNK &&
		    !svnic_vport_takes_vlan(fn, pkt->vlan))
			continue;
		reached = true;
		if (fn->mark == core->mark)
			continue;
		fn->mark = core->mark;
		core->to[core->to_n++] = fn;
	}
	return reached;
}

static void svnic_switch_space(struct svnic_core *core,
			       const struct svnic_pkt *pkt, uint16_t space)
{
	uint64_t mac = svnic_fdb_key(space, pkt->data), all;

	if (svnic_switch_group(core, pkt, space, mac))
		core->to_owner = true;
	if (!svnic_is_multicast(pkt->data)) {
		all = svnic_fdb_key_kind(space, SVNIC_FDB_PROMISC);
		if (core->fdb.promiscs)
			svnic_switch_group(core, pkt, space, all);
	} else if (!svnic_is_broadcast(pkt->data)) {
		all = svnic_fdb_key_kind(space, SVNIC_FDB_ALLMULTI);
		if (core->fdb.allmultis)
			svnic_switch_group(core, pkt, space, all);
	}
}

/* Finds the receivers of a frame among the vports, never its sender @from. */
void svnic_switch_find(struct svnic_core *core, struct svnic_fn *from,
		       const struct svnic_pkt *pkt)
{
	core->to_n = 0;
	core->to_owner = false;
	core->mark++;
	if (from)
		from->mark = core->mark;
	if (pkt->vlan)
		svnic_switch_space(core, pkt, pkt->vlan);
	svnic_switch_space(core, pkt, SVNIC_VLAN_TRUNK);
}

/*
 * True if a frame of a vport goes to the wire: it is multicast, or no vport has
 * its address. Called after svnic_switch_find() for the frame.
 */
bool svnic_switch_wants_wire(const struct svnic_core *core,
			     const struct svnic_pkt *pkt)
{
	return !core->to_owner || svnic_is_multicast(pkt->data);
}

/*
 * One step of struct svnic_copy: delivers to @n receivers. Returns false if the
 * turn must end before all have the frame.
 */
static bool svnic_switch_give(struct svnic_core *core, struct svnic_pkt *pkt,
			      struct svnic_fn **to, uint32_t n,
			      struct svnic_copy *copy)
{
	uint32_t i, j;

	for (i = 0; i < n; i++) {
		if (copy->part && svnic_set_has(&copy->had, to[i]->id))
			continue;
		if (svnic_turn_spent(core)) {
			for (j = 0; j < i; j++)
				svnic_set_add(&copy->had, to[j]->id);
			copy->part = true;
			return false;
		}
		svnic_rx_vport(core, to[i], pkt);
	}
	if (copy->part) {
		memset(&copy->had, 0, sizeof(copy->had));
		copy->part = false;
	}
	return true;
}

/*
 * Moves the receivers that take a large frame unsplit to the front. Returns
 * their number.
 */
static uint32_t svnic_switch_wholes(struct svnic_core *core,
				    const struct svnic_pkt *pkt)
{
	struct svnic_fn *fn;
	uint32_t i, n = 0;

	for (i = 0; i < core->to_n; i++) {
		fn = core->to[i];
		if (!svnic_rx_takes_whole(fn, pkt))
			continue;
		core->to[i] = core->to[n];
		core->to[n++] = fn;
	}
	return n;
}

/*
 * Delivers the frame to the vports that svnic_switch_find() has found. Each
 * segment is made once, for all receivers that do not take large frames.
 * Returns false if the turn must end before that is done: the caller calls both
 * functions again in another turn, with the same frame and @copy.
 */
bool svnic_switch_local(struct svnic_core *core, struct svnic_pkt *pkt,
			struct svnic_copy *copy)
{
	uint32_t whole, segs;
	struct svnic_pkt seg;

	if (!pkt->gso_size) {
		/* The driver may have changed a frame that was split before. */
		copy->step = 0;
		return svnic_switch_give(core, pkt, core->to, core->to_n, copy);
	}

	whole = svnic_switch_wholes(core, pkt);
	if (!copy->step) {
		if (!svnic_switch_give(core, pkt, core->to, whole, copy))
			return false;
		copy->step = 1;
	}
	segs = whole < core->to_n ? svnic_pkt_frames(pkt) : 0;
	for (; copy->step <= segs; copy->step++) {
		if (svnic_turn_spent(core))
			return false;
		svnic_segment(core, pkt, copy->step - 1, &seg);
		if (!svnic_switch_give(core, &seg, core->to + whole,
				       core->to_n - whole, copy))
			return false;
	}
	memset(copy, 0, sizeof(*copy));
	return true;
}

/* Section 10.5, step 2: true if @fn may send from this address. */
bool svnic_switch_source_ok(struct svnic_core *core, const struct svnic_fn *fn,
			    const uint8_t *mac)
{
	if (svnic_is_multicast(mac))
		return false;
	if (!(mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]))
		return false;
	return !memcmp(mac, fn->s.vport.mac, 6) ||
	       svnic_fdb_has(core, fn, mac, SVNIC_FDB_FILTER);
}
