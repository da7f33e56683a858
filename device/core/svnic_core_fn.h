/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: a function (fn.c), its registers (regs.c),
 * and its state as it is saved and loaded (save.c).
 */
#ifndef SVNIC_CORE_FN_H
#define SVNIC_CORE_FN_H

#include <stdatomic.h>

#include "svnic_core_irq.h"
#include "svnic_core_queue.h"
#include "svnic_core_sched.h"

struct svnic_core;
struct svnic_flow;

/* Bits of registers that are defined; the others read as zero. */
#define SVNIC_RX_CTRL_MASK	(SVNIC_RX_CTRL_VLAN_STRIP | \
				 SVNIC_RX_CTRL_COALESCE)
#define SVNIC_RSS_CTRL_MASK	(SVNIC_RSS_ENABLE | SVNIC_RSS_SYM_XOR | \
				 SVNIC_RSS_SYM_OR_XOR)
#define SVNIC_RSS_ADDRS		(SVNIC_RSS_SRC | SVNIC_RSS_DST)
#define SVNIC_RSS_PORTS		(SVNIC_RSS_SPORT | SVNIC_RSS_DPORT)
#define SVNIC_RSS_PORTS_MASK	(SVNIC_RSS_PORTS << SVNIC_RSS_TCP_SHIFT | \
				 SVNIC_RSS_PORTS << SVNIC_RSS_UDP_SHIFT)
#define SVNIC_RSS_FIELDS_IPV4_MASK \
	(SVNIC_RSS_ADDRS * 0x010101 | SVNIC_RSS_PORTS_MASK)
#define SVNIC_RSS_FIELDS_IPV6_MASK \
	((SVNIC_RSS_ADDRS | SVNIC_RSS_LABEL) * 0x010101 | SVNIC_RSS_PORTS_MASK)

#define SVNIC_RSS_INPUT_MAX	40	/* bytes that are hashed at most */

/**
 * struct svnic_rss_lut - the Toeplitz hash of a key
 * @made: @part was computed from the current key
 * @part: hash by position and value of half a byte of the input
 */
struct svnic_rss_lut {
	bool		made;
	uint32_t	part[2 * SVNIC_RSS_INPUT_MAX][16];
};

/**
 * struct svnic_fn - a function
 * @s: state
 * @id: number of the function and of its vport
 * @max_queues: number of pairs for which BAR0 has space
 * @max_vectors: number of entries of the MSI-X table
 * @qp: the pairs
 * @db: their doorbells
 * @vec: the vectors
 * @rung: doorbells written since the core last looked: bit pair + 32 * half
 * @armed: the same for doorbells of event indices
 * @doorbells: number of doorbell writes
 * @work: SVNIC_WORK_*
 * @sched: the scheduler's data of the vport
 * @members: this vport's first entry in the forwarding table
 * @mark: number of the last frame that the vport is a receiver of, or sent
 * @rss_lut: Toeplitz hash of the key in the registers
 * @flow: flow rules and RSS contexts, NULL if there are none
 */
struct svnic_fn {
	struct svnic_fn_state	s;
	uint16_t		id;
	uint16_t		max_queues;
	uint16_t		max_vectors;
	struct svnic_qp		*qp;
	struct svnic_doorbell	*db;
	struct svnic_vec	*vec;
	atomic_uint_least64_t	rung;
	atomic_uint_least64_t	armed;
	atomic_uint_least64_t	doorbells;
	uint32_t		work;
	struct svnic_vport_sched sched;
	uint32_t		members;
	uint64_t		mark;
	struct svnic_rss_lut	rss_lut;
	struct svnic_flow	*flow;
};

static inline bool svnic_fn_has(const struct svnic_fn *fn, uint64_t feature)
{
	return fn->s.features & feature;
}

/* fn.c */
bool svnic_fn_features_ok(const struct svnic_core *core,
			  const struct svnic_fn *fn, uint64_t accept);
void svnic_fn_clear(struct svnic_core *core, struct svnic_fn *fn);
void svnic_fn_reset(struct svnic_core *core, struct svnic_fn *fn);
void svnic_fn_power_on(struct svnic_core *core, struct svnic_fn *fn);
uint64_t svnic_fn_offered(const struct svnic_core *core,
			  const struct svnic_fn *fn);
void svnic_fn_set_vfs(struct svnic_core *core, unsigned int num_vfs,
		      bool force);
void svnic_fn_ctrl(struct svnic_core *core, struct svnic_fn *fn,
		   uint32_t ctrl);
uint32_t svnic_fn_status(const struct svnic_core *core,
			 const struct svnic_fn *fn);
void svnic_fn_stats_get(struct svnic_fn *fn, struct svnic_fn_stats *stats);

/* regs.c */
uint64_t svnic_regs_read(struct svnic_core *core, struct svnic_fn *fn,
			 uint64_t addr, unsigned int size);
void svnic_regs_write(struct svnic_core *core, struct svnic_fn *fn,
		      uint64_t addr, uint64_t val, unsigned int size);

/* save.c */
size_t svnic_save(struct svnic_core *core, struct svnic_fn *fn, void *data,
		  size_t len);
enum svnic_error svnic_load(struct svnic_core *core, struct svnic_fn *fn,
			    const void *data, size_t len);

#endif /* SVNIC_CORE_FN_H */
