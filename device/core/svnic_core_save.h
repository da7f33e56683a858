/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: a VF's state as it is saved and loaded
 * (save.c), and which states are valid (save_check.c).
 */
#ifndef SVNIC_CORE_SAVE_H
#define SVNIC_CORE_SAVE_H

#include "svnic_core_fn.h"

#define SVNIC_SAVE_NEVER	UINT64_MAX	/* no time */

/**
 * struct svnic_saved_vec - a vector
 * @queues: as in struct svnic_vec
 * @frames: as in struct svnic_vec
 * @events: as in struct svnic_vec
 * @age: ns since the last decision
 * @left: ns until the next one, or SVNIC_SAVE_NEVER
 */
struct svnic_saved_vec {
	uint32_t	queues;
	uint32_t	frames[2];
	uint32_t	events;
	uint64_t	age;
	uint64_t	left;
};

/**
 * struct svnic_saved_ctx - an RSS context
 * @context: its number
 * @s: state
 */
struct svnic_saved_ctx {
	uint16_t		context;
	struct svnic_rss_state	s;
};

/**
 * struct svnic_saved_rule - a flow rule
 * @index: its number
 * @rule: as in the command
 */
struct svnic_saved_rule {
	uint16_t		index;
	struct svnic_flow_rule	rule;
};

/**
 * struct svnic_saved - a VF's state, saved or to be loaded
 * @s: state, without the vport
 * @pairs: number of pairs
 * @vectors: number of vectors
 * @qp: the pairs
 * @db: by pair: doorbells: two producer indices and two event indices
 * @rung: by pair: bitmap of the doorbells that were not looked at yet
 * @vec: the vectors
 * @ctxs: number of RSS contexts, at most the VF's grant
 * @ctx: the contexts
 * @rules: number of flow rules, at most the VF's grant
 * @rule: the rules
 */
struct svnic_saved {
	struct svnic_fn_state	s;
	uint16_t		pairs;
	uint16_t		vectors;
	struct svnic_qp_state	qp[SVNIC_MAX_QUEUES];
	uint32_t		db[SVNIC_MAX_QUEUES][4];
	uint8_t			rung[SVNIC_MAX_QUEUES];
	struct svnic_saved_vec	vec[SVNIC_MAX_VECTORS];
	uint16_t		ctxs;
	struct svnic_saved_ctx	*ctx;
	uint16_t		rules;
	struct svnic_saved_rule	*rule;
};

/* save_check.c */
bool svnic_save_ok(const struct svnic_core *core, const struct svnic_fn *fn,
		   const struct svnic_saved *saved);

#endif /* SVNIC_CORE_SAVE_H */
