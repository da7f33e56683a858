/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: the forwarding table (fdb.c). Two vports
 * "meet" if a frame can go from one to the other: they have the same VLAN
 * space, or one of them has space SVNIC_VLAN_TRUNK.
 */
#ifndef SVNIC_CORE_FDB_H
#define SVNIC_CORE_FDB_H

#include "svnic_core_state.h"

struct svnic_core;
struct svnic_fn;

/**
 * struct svnic_group - vports that share a key of the forwarding table
 * @key: the key
 * @hash_next: next group of the bucket, or of the free list
 * @first: first member
 */
struct svnic_group {
	uint64_t	key;
	uint32_t	hash_next;
	uint32_t	first;
};

/**
 * struct svnic_mac_link - links of a group in the bucket of its unicast
 *	address; not in the group itself, since the lookup for a frame does not
 *	need it
 * @next: next group of the bucket
 * @prev: previous group of the bucket
 */
struct svnic_mac_link {
	uint32_t	next;
	uint32_t	prev;
};

/**
 * struct svnic_member - a vport in a group
 * @group: the group
 * @next: next member of the group
 * @prev: previous member of the group
 * @vport_next: next entry of the vport
 * @vport_prev: previous entry of the vport
 * @vport: the vport
 * @kind: enum svnic_fdb_kind
 */
struct svnic_member {
	uint32_t	group;
	uint32_t	next;
	uint32_t	prev;
	uint32_t	vport_next;
	uint32_t	vport_prev;
	uint16_t	vport;
	uint8_t		kind;
};

/* Reason for an entry of a vport; the last three are flags of the vport. */
enum svnic_fdb_kind {
	SVNIC_FDB_FILTER	= 0,
	SVNIC_FDB_STATION,
	SVNIC_FDB_BCAST,
	SVNIC_FDB_ALLMULTI,
	SVNIC_FDB_PROMISC,
};

/**
 * struct svnic_fdb - forwarding table: (VLAN space, address) to vports
 * @group: groups
 * @mac_link: links of each group in @mac_bucket
 * @member: members, as many as groups
 * @bucket: first group by hash of the key
 * @mac_bucket: first group by hash of the address alone
 * @mask: number of buckets less one
 * @group_free: first free group
 * @member_free: first free member
 * @promiscs: number of vports with PROMISC
 * @allmultis: number of vports with ALLMULTI
 * @seed: seed of the hash
 */
struct svnic_fdb {
	struct svnic_group	*group;
	struct svnic_mac_link	*mac_link;
	struct svnic_member	*member;
	uint32_t		*bucket;
	uint32_t		*mac_bucket;
	uint32_t		mask;
	uint32_t		group_free;
	uint32_t		member_free;
	uint32_t		promiscs;
	uint32_t		allmultis;
	uint64_t		seed;
};

/* fdb.c */
#define SVNIC_VLAN_TRUNK	0x3fff	/* space without a port VLAN */
bool svnic_fdb_init(struct svnic_core *core);
void svnic_fdb_free(struct svnic_core *core);
uint64_t svnic_fdb_key(uint16_t space, const uint8_t *mac);
uint64_t svnic_fdb_key_kind(uint16_t space, enum svnic_fdb_kind kind);
uint32_t svnic_fdb_find(const struct svnic_fdb *fdb, uint64_t key);
bool svnic_fdb_has(struct svnic_core *core, const struct svnic_fn *fn,
		   const uint8_t *mac, enum svnic_fdb_kind kind);
bool svnic_fdb_foreign(struct svnic_core *core, const struct svnic_fn *fn,
		       const uint8_t *mac);
void svnic_fdb_take(struct svnic_core *core, const struct svnic_fn *fn,
		    const uint8_t *mac);
void svnic_fdb_add(struct svnic_core *core, struct svnic_fn *fn,
		   const uint8_t *mac, enum svnic_fdb_kind kind);
bool svnic_fdb_del(struct svnic_core *core, struct svnic_fn *fn,
		   const uint8_t *mac, enum svnic_fdb_kind kind);
void svnic_fdb_del_kind(struct svnic_core *core, struct svnic_fn *fn,
			enum svnic_fdb_kind kind);
void svnic_fdb_del_unicast(struct svnic_core *core, struct svnic_fn *fn,
			   bool shared);
void svnic_fdb_move(struct svnic_core *core, struct svnic_fn *fn);

#endif /* SVNIC_CORE_FDB_H */
