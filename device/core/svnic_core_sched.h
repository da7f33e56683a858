/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: who sends next (sched.c, rate.c, wheel.c).
 */
#ifndef SVNIC_CORE_SCHED_H
#define SVNIC_CORE_SCHED_H

#include "svnic_core_state.h"

struct svnic_core;
struct svnic_fn;
struct svnic_qp;

#define SVNIC_WHEEL_SLOTS	64

/**
 * struct svnic_node - a place for a vport in a wheel
 * @next: in the slot, a ring
 * @prev: in the slot, a ring
 * @fn: the vport's function
 * @wheel: NULL if it is in none
 * @at: the slot that it wants
 * @slot: the one that it has, in the wheel's array
 */
struct svnic_node {
	struct svnic_node	*next;
	struct svnic_node	*prev;
	struct svnic_fn		*fn;
	struct svnic_wheel	*wheel;
	uint64_t		at;
	uint8_t			slot;
};

/**
 * struct svnic_wheel - vports in the order of a number
 * @pos: slot where the wheel is, counted from the start of time
 * @used: slots that are not empty
 * @slot: first of each slot
 */
struct svnic_wheel {
	uint64_t		pos;
	uint64_t		used;
	struct svnic_node	*slot[SVNIC_WHEEL_SLOTS];
};

/* Fraction of a clock, bits. */
#define SVNIC_CLOCK_SHIFT	20

/**
 * struct svnic_clock - time that is driven by octets sent
 * @at: the time
 * @part: fraction
 */
struct svnic_clock {
	uint64_t	at;
	uint32_t	part;
};

enum svnic_line_kind {
	SVNIC_LINE_ANY		= 0,	/* next frame not known */
	SVNIC_LINE_WIRE,		/* next frame goes to the wire */
	SVNIC_LINES,
};

/* Ranks: the priorities, and above them who has not had its share. */
#define SVNIC_RANK_SHARE	SVNIC_RATE_PRIORITIES
#define SVNIC_RANKS		(SVNIC_RANK_SHARE + 1)

/**
 * struct svnic_line - vports that want to send
 * @ranks: bitmap of those that are not empty
 * @rank: by virtual time
 */
struct svnic_line {
	uint32_t		ranks;
	struct svnic_wheel	rank[SVNIC_RANKS];
};

/**
 * struct svnic_vport_sched - a vport as the scheduler sees it
 * @queues: by line: pairs that wait for a turn
 * @first: pair to look at first
 * @priority: as set
 * @cost: virtual time of an octet
 * @max_cost: time of an octet at the bound, 0 without
 * @share_cost: time of an octet at the guarantee, 0 without
 * @max: the bound's clock: nothing more is sent while it is ahead
 * @share: the guarantee's clock: the vport is owed something while it is not
 * @had: by line and whether it was owed: virtual time
 * @node: by line: its place there
 * @timer: among the timers
 */
struct svnic_vport_sched {
	uint32_t		queues[SVNIC_LINES];
	uint8_t			first;
	uint8_t			priority;
	uint32_t		cost;
	uint64_t		max_cost;
	uint64_t		share_cost;
	struct svnic_clock	max;
	struct svnic_clock	share;
	struct svnic_clock	had[SVNIC_LINES][2];
	struct svnic_node	node[SVNIC_LINES];
	struct svnic_node	timer;
};

/**
 * struct svnic_sched - the scheduler
 * @line: lines
 * @lined: places taken in all of them
 * @timers: vports to be looked at when it is time
 * @wire: the wire's clock: it has room while that is not ahead
 * @wire_cost: time of an octet on the wire, 0 without a speed
 * @wire_turns: turns of the line for the wire since that refused a frame
 * @turn: whose turn it is, or NULL
 * @turn_line: the line it came from
 * @turn_owed: because of its share
 * @turn_wire: the last frame went to the wire
 * @turn_octets: sent in this turn
 * @turn_quantum: octets after which it ends
 */
struct svnic_sched {
	struct svnic_line	line[SVNIC_LINES];
	uint32_t		lined;
	struct svnic_wheel	timers;
	struct svnic_clock	wire;
	uint64_t		wire_cost;
	uint32_t		wire_turns;
	struct svnic_fn		*turn;
	uint8_t			turn_line;
	bool			turn_owed;
	bool			turn_wire;
	uint32_t		turn_octets;
	uint32_t		turn_quantum;
};

/* wheel.c */
void svnic_wheel_add(struct svnic_wheel *wheel, struct svnic_node *node,
		     uint64_t at);
void svnic_wheel_del(struct svnic_node *node);
struct svnic_node *svnic_wheel_pop(struct svnic_wheel *wheel, uint64_t last);
uint64_t svnic_wheel_next(const struct svnic_wheel *wheel);

/* rate.c */
void svnic_clock_add(struct svnic_clock *clock, uint64_t octets,
		     uint64_t cost);
void svnic_rate_idle(struct svnic_core *core, struct svnic_vport_sched *sched);
void svnic_rate_sent(struct svnic_core *core, struct svnic_vport_sched *sched,
		     uint64_t octets, bool owed);
void svnic_rate_wire(struct svnic_core *core, uint64_t octets);
void svnic_rate_init(struct svnic_core *core);
void svnic_rate_defaults(struct svnic_core *core, struct svnic_fn *fn);
enum svnic_error svnic_rate_set(struct svnic_core *core, struct svnic_fn *fn,
				const struct svnic_vport_rate *rate);
void svnic_rate_get(const struct svnic_fn *fn, struct svnic_vport_rate *rate);

/* sched.c */
void svnic_sched_ready(struct svnic_core *core, struct svnic_qp *qp);
void svnic_sched_wait_wire(struct svnic_core *core, struct svnic_qp *qp);
void svnic_sched_forget(struct svnic_qp *qp);
void svnic_sched_change(struct svnic_core *core, struct svnic_fn *fn,
			unsigned int priority, uint32_t cost);
bool svnic_sched_pending(const struct svnic_core *core);
struct svnic_qp *svnic_sched_next(struct svnic_core *core);
bool svnic_sched_sent(struct svnic_core *core, uint32_t octets, bool wire);
void svnic_sched_end(struct svnic_core *core);
void svnic_sched_expire(struct svnic_core *core);
uint64_t svnic_sched_deadline(const struct svnic_core *core);

#endif /* SVNIC_CORE_SCHED_H */
