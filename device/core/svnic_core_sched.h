/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: the scheduler, which decides which queue
 * sends next (sched.c, rate.c, wheel.c; section 10.7).
 *
 * Words used here:
 *
 * turn: one queue pair sends some frames of its ring, see SVNIC_QUANTUM.
 * charge: the bytes of a frame that count for the rates of its vport.
 * cost: the work of the device for a turn, in bytes: the bytes read and
 *	written, and SVNIC_COST_* for each request on the bus and each frame.
 * line: the vports that wait for a turn. There are two: LINE_WIRE is for
 *	queues whose next frame goes to the wire, LINE_ANY for queues whose
 *	next frame was not looked at yet. A vport can be in both.
 * rank: a level of a line; the highest rank with a vport is served first.
 *	Ranks 0..7 are the priorities, rank SHARE is above them.
 * owed: the vport has a guarantee (share) and has sent less than that. It waits
 *	in rank SHARE, and otherwise in the rank of its priority.
 * held: the vport has sent its maximum (max). It waits in no line.
 * virtual time: what a vport has sent in a line, divided by its weight. Within
 *	a rank the vport with the lowest is served first.
 * had: the clock that counts virtual time.
 * wheel: a queue of vports in the order of a number: one for each rank, in the
 *	order of virtual time, and one for the timers, in the order of time.
 */
#ifndef SVNIC_CORE_SCHED_H
#define SVNIC_CORE_SCHED_H

#include "svnic_core_state.h"

struct svnic_core;
struct svnic_fn;
struct svnic_qp;

#define SVNIC_WHEEL_SLOTS	64

/**
 * struct svnic_node - the entry of a vport in a wheel
 * @next: next node of the slot, in a circular list
 * @prev: previous node of the slot, in a circular list
 * @fn: the vport's function
 * @wheel: the wheel that it is in, or NULL
 * @at: number of the slot for which it was added
 * @slot: index in the wheel's array of the slot that it is in; this is another
 *	slot than @at if that is behind the wheel or too far ahead
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
 * @pos: number of the slot that is served now; numbers start at 0 and do not
 *	wrap, slot n has index n % SVNIC_WHEEL_SLOTS
 * @used: bitmap of the slots that are not empty
 * @slot: first node of each slot
 */
struct svnic_wheel {
	uint64_t		pos;
	uint64_t		used;
	struct svnic_node	*slot[SVNIC_WHEEL_SLOTS];
};

/* Number of bits of a clock's fraction. */
#define SVNIC_CLOCK_SHIFT	20

/**
 * struct svnic_clock - a clock that advances with the bytes sent
 * @at: the time
 * @part: its fraction
 */
struct svnic_clock {
	uint64_t	at;
	uint32_t	part;
};

enum svnic_line_kind {
	SVNIC_LINE_ANY		= 0,	/* next frame not looked at yet */
	SVNIC_LINE_WIRE,		/* next frame goes to the wire */
	SVNIC_LINES,
};

/* Ranks: the priorities, and above them the vports that are owed. */
#define SVNIC_RANK_SHARE	SVNIC_RATE_PRIORITIES
#define SVNIC_RANKS		(SVNIC_RANK_SHARE + 1)

/**
 * struct svnic_line - vports that wait for a turn
 * @ranks: bitmap of the ranks that are not empty
 * @rank: the vports of each rank, in the order of virtual time
 */
struct svnic_line {
	uint32_t		ranks;
	struct svnic_wheel	rank[SVNIC_RANKS];
};

/**
 * struct svnic_vport_sched - the scheduler's data of a vport
 * @queues: by line: bitmap of the pairs that wait for a turn
 * @first: pair to look at first
 * @priority: priority as set
 * @cost: virtual time per byte
 * @max_cost: ns per byte at the maximum rate, 0 if there is none
 * @share_cost: ns per byte at the guaranteed rate, 0 if there is none
 * @max: clock of the maximum: the vport is held while it is ahead of the time
 * @share: clock of the guarantee: the vport is owed while it is not ahead of
 *	the time
 * @had: virtual time, by line and by whether it was owed in the turn; so there
 *	are two in each line, one for rank SHARE and one for the rank of the
 *	priority
 * @node: by line: its entry there
 * @timer: its entry among the timers
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
 * @line: the lines
 * @lined: number of entries in all of them
 * @timers: vports that change their rank, or are no longer held, at a time
 * @wire: clock of the wire: it can take a frame while this is not ahead of the
 *	time
 * @wire_cost: ns per byte on the wire, 0 if the speed is not known
 * @wire_turns: number of turns from LINE_WIRE since the wire refused a frame
 * @turn: the function whose turn it is, or NULL
 * @turn_line: the line that it waited in
 * @turn_owed: it waited in rank SHARE
 * @turn_wire: the last frame of the turn went to the wire
 * @turn_bytes: bytes charged in this turn
 * @turn_quantum: bytes after which the turn ends
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
	uint32_t		turn_bytes;
	uint32_t		turn_quantum;
};

/* wheel.c */
void svnic_wheel_add(struct svnic_wheel *wheel, struct svnic_node *node,
		     uint64_t at);
void svnic_wheel_del(struct svnic_node *node);
struct svnic_node *svnic_wheel_pop(struct svnic_wheel *wheel, uint64_t last);
uint64_t svnic_wheel_next(const struct svnic_wheel *wheel);

/* rate.c */
void svnic_clock_add(struct svnic_clock *clock, uint64_t bytes,
		     uint64_t cost);
void svnic_rate_idle(struct svnic_core *core, struct svnic_vport_sched *sched);
void svnic_rate_sent(struct svnic_core *core, struct svnic_vport_sched *sched,
		     uint64_t bytes, bool owed);
void svnic_rate_wire(struct svnic_core *core, uint64_t bytes);
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
bool svnic_sched_sent(struct svnic_core *core, uint32_t bytes, bool wire);
void svnic_sched_end(struct svnic_core *core);
void svnic_sched_expire(struct svnic_core *core);
uint64_t svnic_sched_deadline(const struct svnic_core *core);

#endif /* SVNIC_CORE_SCHED_H */
