/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: what a turn costs, and when it ends.
 */
#ifndef SVNIC_CORE_TURN_H
#define SVNIC_CORE_TURN_H

#include "svnic_core_priv.h"

/*
 * Section 10.7: cost is counted in bytes. A request on the bus takes as long as
 * SVNIC_COST_REQUEST bytes. To take a frame from a transmit ring, to make a
 * segment, and to offer one of these to a receiver each takes as long as
 * SVNIC_COST_FRAME bytes.
 */
#define SVNIC_COST_REQUEST	2048
#define SVNIC_COST_FRAME	512
#define SVNIC_COST_MASK		64
/* Maximum cost of a turn; the rest of the work waits for the next turn. */
#define SVNIC_TURN_COST		(1024 * 1024)

/* Begins a turn, or the delivery of a frame from the wire. */
static inline void svnic_turn_begin(struct svnic_core *core)
{
	core->spent = core->cost + SVNIC_TURN_COST;
}

/* True if the turn has reached its maximum cost. */
static inline bool svnic_turn_spent(const struct svnic_core *core)
{
	return core->cost >= core->spent;
}

/* Cost of the turn so far. */
static inline uint64_t svnic_turn_cost(const struct svnic_core *core)
{
	return core->cost - (core->spent - SVNIC_TURN_COST);
}

/* False if the wire is known to be busy. */
static inline bool svnic_wire_open(const struct svnic_core *core)
{
	return !core->wire_busy && core->sched.wire.at <= core->now;
}

#endif /* SVNIC_CORE_TURN_H */
