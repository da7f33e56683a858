// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: forwarding table (section 10.5), a hash table from (VLAN
 * space, address) to a group of vports. The vports that receive all broadcast,
 * multicast or unicast frames of a space are groups with keys of their own. So
 * the work for a frame is a few lookups and the delivery to its receivers,
 * whatever the number of VFs.
 *
 * The VLAN space of a vport is the class of its port VLAN, or SVNIC_VLAN_TRUNK.
 * A vport of the latter can receive any VLAN, so it meets the vports of all
 * spaces. A second hash table, from the address to groups, finds the vports
 * that have an address in any space.
 */
#include <stdlib.h>

#include "svnic_core_event.h"
#include "svnic_core_priv.h"

/* Entries of a vport besides filters: its address and those of three flags. */
#define SVNIC_FDB_FIXED		4

/* The bit of a key that is set for multicast addresses. */
#define SVNIC_FDB_MULTICAST	0x10000000000ULL

/* The address in a key; the bit of keys without an address. */
#define SVNIC_FDB_MAC		0xffffffffffffULL
#define SVNIC_FDB_KIND		0x4000000000000000ULL

static const uint8_t svnic_fdb_broadcast[6] = { 255, 255, 255, 255, 255, 255 };

bool svnic_fdb_init(struct svnic_core *core)
{
	struct svnic_fdb *fdb = &core->fdb;
	uint32_t i, n, buckets = 256;

	n = core->config.mac_filters + core->fns * SVNIC_FDB_FIXED;
	while (buckets < n * 2)
		buckets *= 2;
	fdb->mask = buckets - 1;
	fdb->group = calloc(n, sizeof(*fdb->group));
	fdb->mac_link = calloc(n, sizeof(*fdb->mac_link));
	fdb->member = calloc(n, sizeof(*fdb->member));
	fdb->bucket = malloc(buckets * sizeof(*fdb->bucket));
	fdb->mac_bucket = malloc(buckets * sizeof(*fdb->mac_bucket));
	if (!fdb->group || !fdb->mac_link || !fdb->member || !fdb->bucket ||
	    !fdb->mac_bucket)
		return false;

	for (i = 0; i < buckets; i++) {
		fdb->bucket[i] = SVNIC_NONE;
		fdb->mac_bucket[i] = SVNIC_NONE;
	}
	for (i = 0; i < n; i++) {
		fdb->group[i].hash_next = i + 1 < n ? i + 1 : SVNIC_NONE;
		fdb->member[i].next = fdb->group[i].hash_next;
	}
	/* Guests choose addresses, but must not be able to choose buckets. */
	fdb->seed = core->ops.now(core->host) ^ (uintptr_t)core;
	fdb->seed = (fdb->seed ^ fdb->seed >> 31) * 0xbf58476d1ce4e5b9ULL | 1;
	return true;
}

void svnic_fdb_free(struct svnic_core *core)
{
	free(core->fdb.mac_bucket);
	free(core->fdb.bucket);
	free(core->fdb.member);
	free(core->fdb.mac_link);
	free(core->fdb.group);
}

static uint16_t svnic_fdb_space(const struct svnic_vport_state *vport)
{
	if (!vport->port_vlan)
		return SVNIC_VLAN_TRUNK;
	return (vport->port_vlan & 0xfff) |
	       (vport->port_vlan_proto == 0x88a8 ? SVNIC_VLAN_AD : 0);
}

uint64_t svnic_fdb_key(uint16_t space, const uint8_t *mac)
{
	return (uint64_t)space << 48 | (uint64_t)svnic_get_be16(mac) << 32 |
	       svnic_get_be32(mac + 2);
}

/*
 * The key of vports with a flag: for BCAST that of the broadcast address, else
 * a key that no address has.
 */
uint64_t svnic_fdb_key_kind(uint16_t space, enum svnic_fdb_kind kind)
{
	if (kind == SVNIC_FDB_BCAST)
		return svnic_fdb_key(space, svnic_fdb_broadcast);
	return (uint64_t)space << 48 | SVNIC_FDB_KIND | kind;
}

static uint32_t svnic_fdb_hash(const struct svnic_fdb *fdb, uint64_t key)
{
	key = (key ^ fdb->seed) * 0x9e3779b97f4a7c15ULL;
	key = (key ^ key >> 32) * (fdb->seed | 1);
	return (key >> 32) & fdb->mask;
}

static uint32_t *svnic_fdb_bucket(const struct svnic_fdb *fdb, uint64_t key)
{
	return &fdb->bucket[svnic_fdb_hash(fdb, key)];
}

static uint32_t *svnic_fdb_mac_bucket(const struct svnic_fdb *fdb,
				      uint64_t key)
{
	return &fdb->mac_bucket[svnic_fdb_hash(fdb, key & SVNIC_FDB_MAC)];
}

uint32_t svnic_fdb_find(const struct svnic_fdb *fdb, uint64_t key)
{
	uint32_t g = *svnic_fdb_bucket(fdb, key);

	while (g != SVNIC_NONE && fdb->group[g].key != key)
		g = fdb->group[g].hash_next;
	return g;
}

static uint32_t svnic_fdb_find_member(const struct svnic_fdb *fdb,
				      const struct svnic_fn *fn, uint64_t key,
				      enum svnic_fdb_kind kind)
{
	uint32_t g = svnic_fdb_find(fdb, key), m;

	if (g == SVNIC_NONE)
		return SVNIC_NONE;
	for (m = fdb->group[g].first; m != SVNIC_NONE; m = fdb->member[m].next)
		if (fdb->member[m].vport == fn->id &&
		    fdb->member[m].kind == kind)
			return m;
	return SVNIC_NONE;
}

bool svnic_fdb_has(struct svnic_core *core, const struct svnic_fn *fn,
		   const uint8_t *mac, enum svnic_fdb_kind kind)
{
	uint64_t key = svnic_fdb_key(svnic_fdb_space(&fn->s.vport), mac);

	return svnic_fdb_find_member(&core->fdb, fn, key, kind) != SVNIC_NONE;
}

/* True if another vport than @fn is in the group. */
static bool svnic_fdb_shared(struct svnic_core *core, const struct svnic_fn *fn,
			     uint32_t g)
{
	const struct svnic_fdb *fdb = &core->fdb;
	uint32_t m;

	for (m = fdb->group[g].first; m != SVNIC_NONE; m = fdb->member[m].next)
		if (fdb->member[m].vport != fn->id &&
		    svnic_fn_exists(core, fdb->member[m].vport))
			return true;
	return false;
}

/* True for unicast addresses, which are the only ones in the second table. */
static bool svnic_fdb_has_owner(uint64_t key)
{
	return !(key & (SVNIC_FDB_MULTICAST | SVNIC_FDB_KIND));
}

/*
 * Iterates over the groups of a unicast address whose vports meet those of the
 * space of @key: returns the next one after @g, the first if @g is SVNIC_NONE.
 */
static uint32_t svnic_fdb_met(const struct svnic_fdb *fdb, uint64_t key,
			      uint32_t g)
{
	uint64_t mac = key & SVNIC_FDB_MAC;
	uint64_t trunk = mac | (uint64_t)SVNIC_VLAN_TRUNK << 48;

	if (key != trunk) {
		if (g == SVNIC_NONE) {
			g = svnic_fdb_find(fdb, key);
			if (g != SVNIC_NONE)
				return g;
		} else if (fdb->group[g].key == trunk) {
			return SVNIC_NONE;
		}
		return svnic_fdb_find(fdb, trunk);
	}

	g = g == SVNIC_NONE ? *svnic_fdb_mac_bucket(fdb, key) :
			      fdb->mac_link[g].next;
	while (g != SVNIC_NONE && (fdb->group[g].key & SVNIC_FDB_MAC) != mac)
		g = fdb->mac_link[g].next;
	return g;
}

/* True if another vport that @fn meets has the address of @key. */
static bool svnic_fdb_key_foreign(struct svnic_core *core,
				  const struct svnic_fn *fn, uint64_t key)
{
	uint32_t g = SVNIC_NONE;

	while ((g = svnic_fdb_met(&core->fdb, key, g)) != SVNIC_NONE)
		if (svnic_fdb_shared(core, fn, g))
			return true;
	return false;
}

/* True if another vport that @fn meets has the unicast address. */
bool svnic_fdb_foreign(struct svnic_core *core, const struct svnic_fn *fn,
		       const uint8_t *mac)
{
	uint64_t key = svnic_fdb_key(svnic_fdb_space(&fn->s.vport), mac);

	return svnic_fdb_key_foreign(core, fn, key);
}

static void svnic_fdb_mac_add(struct svnic_fdb *fdb, uint32_t g)
{
	uint64_t key = fdb->group[g].key;
	uint32_t *bucket;

	if (!svnic_fdb_has_owner(key))
		return;
	bucket = svnic_fdb_mac_bucket(fdb, key);
	fdb->mac_link[g].prev = SVNIC_NONE;
	fdb->mac_link[g].next = *bucket;
	if (*bucket != SVNIC_NONE)
		fdb->mac_link[*bucket].prev = g;
	*bucket = g;
}

static void svnic_fdb_mac_del(struct svnic_fdb *fdb, uint32_t g)
{
	const struct svnic_mac_link *link = &fdb->mac_link[g];
	uint64_t key = fdb->group[g].key;

	if (!svnic_fdb_has_owner(key))
		return;
	if (link->next != SVNIC_NONE)
		fdb->mac_link[link->next].prev = link->prev;
	if (link->prev != SVNIC_NONE)
		fdb->mac_link[link->prev].next = link->next;
	else
		*svnic_fdb_mac_bucket(fdb, key) = link->next;
}

/* There are as many groups as members, so there is always a free one. */
static void svnic_fdb_join(struct svnic_fdb *fdb, uint32_t m, uint64_t key)
{
	struct svnic_member *member = &fdb->member[m];
	uint32_t g = svnic_fdb_find(fdb, key), *bucket;

	if (g == SVNIC_NONE) {
		g = fdb->group_free;
		fdb->group_free = fdb->group[g].hash_next;
		bucket = svnic_fdb_bucket(fdb, key);
		fdb->group[g].key = key;
		fdb->group[g].first = SVNIC_NONE;
		fdb->group[g].hash_next = *bucket;
		*bucket = g;
		svnic_fdb_mac_add(fdb, g);
	}
	member->group = g;
	member->prev = SVNIC_NONE;
	member->next = fdb->group[g].first;
	if (member->next != SVNIC_NONE)
		fdb->member[member->next].prev = m;
	fdb->group[g].first = m;
}

static void svnic_fdb_leave(struct svnic_fdb *fdb, uint32_t m)
{
	struct svnic_member *member = &fdb->member[m];
	struct svnic_group *group = &fdb->group[member->group];
	uint32_t *link;

	if (member->next != SVNIC_NONE)
		fdb->member[member->next].prev = member->prev;
	if (member->prev != SVNIC_NONE) {
		fdb->member[member->prev].next = member->next;
		return;
	}
	group->first = member->next;
	if (group->first != SVNIC_NONE)
		return;

	link = svnic_fdb_bucket(fdb, group->key);
	while (*link != member->group)
		link = &fdb->group[*link].hash_next;
	*link = group->hash_next;
	svnic_fdb_mac_del(fdb, member->group);
	group->hash_next = fdb->group_free;
	fdb->group_free = member->group;
}

static void svnic_fdb_count(struct svnic_fdb *fdb, enum svnic_fdb_kind kind,
			    int by)
{
	if (kind == SVNIC_FDB_PROMISC)
		fdb->promiscs += by;
	else if (kind == SVNIC_FDB_ALLMULTI)
		fdb->allmultis += by;
}

/* The caller respects the pool of filters, so there is a free member. */
void svnic_fdb_add(struct svnic_core *core, struct svnic_fn *fn,
		   const uint8_t *mac, enum svnic_fdb_kind kind)
{
	uint16_t space = svnic_fdb_space(&fn->s.vport);
	struct svnic_fdb *fdb = &core->fdb;
	uint32_t m = fdb->member_free;
	struct svnic_member *member = &fdb->member[m];

	fdb->member_free = member->next;
	member->vport = fn->id;
	member->kind = kind;
	svnic_fdb_join(fdb, m, kind >= SVNIC_FDB_BCAST ?
		       svnic_fdb_key_kind(space, kind) :
		       svnic_fdb_key(space, mac));
	svnic_fdb_count(fdb, kind, 1);

	member->vport_prev = SVNIC_NONE;
	member->vport_next = fn->members;
	if (fn->members != SVNIC_NONE)
		fdb->member[fn->members].vport_prev = m;
	fn->members = m;
}

static void svnic_fdb_remove(struct svnic_core *core, struct svnic_fn *fn,
			     uint32_t m)
{
	struct svnic_fdb *fdb = &core->fdb;
	struct svnic_member *member = &fdb->member[m];

	svnic_fdb_leave(fdb, m);
	svnic_fdb_count(fdb, member->kind, -1);
	if (member->vport_next != SVNIC_NONE)
		fdb->member[member->vport_next].vport_prev =
			member->vport_prev;
	if (member->vport_prev != SVNIC_NONE)
		fdb->member[member->vport_prev].vport_next =
			member->vport_next;
	else
		fn->members = member->vport_next;
	member->next = fdb->member_free;
	fdb->member_free = m;
}

bool svnic_fdb_del(struct svnic_core *core, struct svnic_fn *fn,
		   const uint8_t *mac, enum svnic_fdb_kind kind)
{
	uint64_t key = svnic_fdb_key(svnic_fdb_space(&fn->s.vport), mac);
	uint32_t m = svnic_fdb_find_member(&core->fdb, fn, key, kind);

	if (m == SVNIC_NONE)
		return false;
	svnic_fdb_remove(core, fn, m);
	return true;
}

static void svnic_fdb_group_take(struct svnic_core *core,
				 const struct svnic_fn *fn, uint32_t g)
{
	struct svnic_fdb *fdb = &core->fdb;
	struct svnic_fn *other;
	uint32_t m, next;

	for (m = fdb->group[g].first; m != SVNIC_NONE; m = next) {
		next = fdb->member[m].next;
		other = &core->fn[fdb->member[m].vport];
		if (!other->id || other->id == fn->id ||
		    fdb->member[m].kind != SVNIC_FDB_FILTER)
			continue;
		svnic_fdb_remove(core, other, m);
		other->s.vport.macs--;
		svnic_news_notify(core, other, SVNIC_NOTIFY_CONFIG);
	}
}

/*
 * Removes the filters for the unicast address of other VFs that @fn meets, and
 * notifies these VFs. This frees groups that become empty, so the next group is
 * found before.
 */
void svnic_fdb_take(struct svnic_core *core, const struct svnic_fn *fn,
		    const uint8_t *mac)
{
	uint64_t key = svnic_fdb_key(svnic_fdb_space(&fn->s.vport), mac);
	uint32_t g, next;

	for (g = svnic_fdb_met(&core->fdb, key, SVNIC_NONE); g != SVNIC_NONE;
	     g = next) {
		next = svnic_fdb_met(&core->fdb, key, g);
		svnic_fdb_group_take(core, fn, g);
	}
}

/*
 * Removes the filters of @fn for unicast addresses; with @shared, only those
 * for an address that another vport has which @fn meets.
 */
void svnic_fdb_del_unicast(struct svnic_core *core, struct svnic_fn *fn,
			   bool shared)
{
	struct svnic_fdb *fdb = &core->fdb;
	struct svnic_member *member;
	uint32_t m, next;
	uint64_t key;

	for (m = fn->members; m != SVNIC_NONE; m = next) {
		member = &fdb->member[m];
		next = member->vport_next;
		key = fdb->group[member->group].key;
		if (member->kind != SVNIC_FDB_FILTER ||
		    key & SVNIC_FDB_MULTICAST ||
		    (shared && !svnic_fdb_key_foreign(core, fn, key)))
			continue;
		svnic_fdb_remove(core, fn, m);
		fn->s.vport.macs--;
	}
}

void svnic_fdb_del_kind(struct svnic_core *core, struct svnic_fn *fn,
			enum svnic_fdb_kind kind)
{
	uint32_t m, next;

	for (m = fn->members; m != SVNIC_NONE; m = next) {
		next = core->fdb.member[m].vport_next;
		if (core->fdb.member[m].kind == kind)
			svnic_fdb_remove(core, fn, m);
	}
}

/* The VLAN space of the vport has changed: gives its entries new keys. */
void svnic_fdb_move(struct svnic_core *core, struct svnic_fn *fn)
{
	uint64_t space = svnic_fdb_space(&fn->s.vport);
	struct svnic_fdb *fdb = &core->fdb;
	uint64_t key;
	uint32_t m;

	for (m = fn->members; m != SVNIC_NONE; m = fdb->member[m].vport_next) {
		key = fdb->group[fdb->member[m].group].key;
		key = (key & ~(0x3fffULL << 48)) | space << 48;
		svnic_fdb_leave(fdb, m);
		svnic_fdb_join(fdb, m, key);
	}
}
