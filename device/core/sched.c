// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: whose turn it is to send (section 10.7).
 *
 * A vport with frames stands in one or both of two lines: one for queues whose
 * next frame is not known yet, one for those whose next frame goes to the wire,
 * which had no room for it. So a busy wire holds up only what goes there. A
 * queue in line for the wire stays there as long as its frames go to the wire.
 *
 * A line has a rank for each priority, and one above them for vports that have
 * not had their share. In a rank, who had least in proportion to its weight
 * comes first: a wheel of virtual time gives it. For the wire that is octets by
 * weight, since it is octets that the wire has not enough of; else it is what
 * the turns have cost, since that is what all of them have to do without.
 *
 * A vport that has sent its max stands in no line. A timer brings it back, or
 * brings one that waits in a line up to the rank of the shares. No step here
 * depends on how many vports there are.
 */
#include "svnic_core_priv.h"

/* Octets of frames after which a turn ends, if others wait or do not. */
#define SVNIC_QUANTUM		(64 * 1024)
#define SVNIC_QUANTUM_ALONE	(128 * 1024)

/* Slot of a line: 16 octets by weight for the wire, of cost 128. */
static const unsigned int svnic_line_shift[SVNIC_LINES] = {
	[SVNIC_LINE_ANY] = 7,
	[SVNIC_LINE_WIRE] = 4,
};

/* Slot of the timers: a quarter of a millisecond. */
#define SVNIC_TIMER_SHIFT	18
/* After so many turns without a refusal the wire is not what is scarce. */
#define SVNIC_WIRE_TURNS	64
/* Nobody is woken for less of the wire than that, nanoseconds. */
#define SVNIC_WIRE_STEP		200000

static void svnic_line_add(struct svnic_core *core, struct svnic_line *line,
			   struct svnic_node *node, struct svnic_clock *had,
			   unsigned int rank)
{
	unsigned int shift = svnic_line_shift[line - core->sched.line];
	struct svnic_wheel *wheel = &line->rank[rank];
	uint64_t pos = wheel->pos << shift;

	/* Who had nothing to send saves nothing. */
	if (had->at < pos)
		had->at = pos;
	svnic_wheel_add(wheel, node, had->at >> shift);
	line->ranks |= 1u << rank;
	core->sched.lined++;
}

static void svnic_line_del(struct svnic_core *core, struct svnic_line *line,
			   struct svnic_node *node)
{
	struct svnic_wheel *wheel = node->wheel;

	svnic_wheel_del(node);
	if (!wheel->used)
		line->ranks &= ~(1u << (wheel - line->rank));
	core->sched.lined--;
}

static void svnic_sched_timer(struct svnic_core *core, struct svnic_node *timer,
			      uint64_t when)
{
	uint64_t at = (when >> SVNIC_TIMER_SHIFT) + 1;

	if (timer->wheel && (!when || timer->at != at))
		svnic_wheel_del(timer);
	if (when && !timer->wheel)
		svnic_wheel_add(&core->sched.timers, timer, at);
}

/* Puts a vport where it belongs. */
static void svnic_sched_place(struct svnic_core *core, struct svnic_fn *fn)
{
	struct svnic_vport_sched *sched = &fn->sched;
	bool owed = sched->share_cost && sched->share.at <= core->now;
	bool held = sched->max.at > core->now;
	unsigned int rank = owed ? SVNIC_RANK_SHARE : sched->priority, i;
	struct svnic_node *node;
	struct svnic_line *line;
	uint64_t when = 0;

	for (i = 0; i < SVNIC_LINES; i++) {
		line = &core->sched.line[i];
		node = &sched->node[i];
		if (node->wheel == &line->rank[rank] && !held &&
		    sched->queues[i])
			continue;
		if (node->wheel)
			svnic_line_del(core, line, node);
		if (!held && sched->queues[i])
			svnic_line_add(core, line, node, &sched->had[i][owed],
				       rank);
	}

	if (sched->queues[SVNIC_LINE_ANY] || sched->queues[SVNIC_LINE_WIRE]) {
		if (held)
			when = sched->max.at;
		else if (sched->share_cost && !owed)
			when = sched->share.at;
	}
	if (when || sched->timer.wheel)
		svnic_sched_timer(core, &sched->timer, when);
}

/* The line for a queue whose turn ends and that has more frames. */
static enum svnic_line_kind svnic_sched_stays(const struct svnic_sched *all)
{
	if (all->turn_line == SVNIC_LINE_WIRE && all->turn_wire &&
	    all->wire_turns < SVNIC_WIRE_TURNS)
		return SVNIC_LINE_WIRE;
	return SVNIC_LINE_ANY;
}

/* @qp has frames that nobody looked at yet. */
void svnic_sched_ready(struct svnic_core *core, struct svnic_qp *qp)
{
	struct svnic_vport_sched *sched = &qp->fn->sched;
	uint32_t *queues = sched->queues, bit = 1u << qp->index;

	if (queues[SVNIC_LINE_WIRE] & bit)
		return;
	if (core->sched.turn == qp->fn) {
		queues[svnic_sched_stays(&core->sched)] |= bit;
		return;
	}
	if (!(queues[SVNIC_LINE_ANY] | queues[SVNIC_LINE_WIRE]))
		svnic_rate_idle(core, sched);
	queues[SVNIC_LINE_ANY] |= bit;
	if (!sched->node[SVNIC_LINE_ANY].wheel)
		svnic_sched_place(core, qp->fn);
}

/* The next frame of @qp, whose turn it is, goes to the wire, which is busy. */
void svnic_sched_wait_wire(struct svnic_core *core, struct svnic_qp *qp)
{
	core->sched.wire_turns = 0;
	qp->fn->sched.queues[SVNIC_LINE_WIRE] |= 1u << qp->index;
}

/* @qp sends nothing more. Its vport may stay in line, and is found out there */
void svnic_sched_forget(struct svnic_qp *qp)
{
	qp->fn->sched.queues[SVNIC_LINE_ANY] &= ~(1u << qp->index);
	qp->fn->sched.queues[SVNIC_LINE_WIRE] &= ~(1u << qp->index);
}

/* Rates of a vport have changed; @cost: of an octet, in virtual time. */
void svnic_sched_change(struct svnic_core *core, struct svnic_fn *fn,
			unsigned int priority, uint32_t cost)
{
	struct svnic_vport_sched *sched = &fn->sched;
	unsigned int i;

	/* Virtual time is another's in another rank, or at another cost. */
	if (sched->priority != priority || sched->cost != cost) {
		memset(sched->had, 0, sizeof(sched->had));
		for (i = 0; i < SVNIC_LINES; i++)
			if (sched->node[i].wheel)
				svnic_line_del(core, &core->sched.line[i],
					       &sched->node[i]);
		sched->priority = priority;
		sched->cost = cost;
	}
	svnic_sched_place(core, fn);
}

/*
 * The line to serve, or SVNIC_LINES. Where both have the same rank it is that
 * for the wire: the other has its time while the wire is busy, and if that is
 * never the case, this one empties.
 */
static unsigned int svnic_sched_line(const struct svnic_core *core)
{
	const struct svnic_line *line = core->sched.line;
	uint32_t any = line[SVNIC_LINE_ANY].ranks, wire = 0;

	if (svnic_wire_open(core))
		wire = line[SVNIC_LINE_WIRE].ranks;
	if (wire && __builtin_clz(wire) <= __builtin_clz(any | 1))
		return SVNIC_LINE_WIRE;
	return any ? SVNIC_LINE_ANY : SVNIC_LINES;
}

bool svnic_sched_pending(const struct svnic_core *core)
{
	return svnic_sched_line(core) != SVNIC_LINES;
}

/* The queue whose turn begins, or NULL; svnic_sched_end() ends the turn. */
struct svnic_qp *svnic_sched_next(struct svnic_core *core)
{
	struct svnic_sched *all = &core->sched;
	struct svnic_vport_sched *sched;
	struct svnic_node *node;
	unsigned int i, rank;
	uint32_t queues;

	do {
		i = svnic_sched_line(core);
		if (i == SVNIC_LINES)
			return NULL;
		rank = 31 - __builtin_clz(all->line[i].ranks);
		node = svnic_wheel_pop(&all->line[i].rank[rank], UINT64_MAX);
		if (!all->line[i].rank[rank].used)
			all->line[i].ranks &= ~(1u << rank);
		all->lined--;
		sched = &node->fn->sched;
		queues = sched->queues[i];
	} while (!queues);

	all->turn = node->fn;
	all->turn_line = i;
	all->turn_owed = rank == SVNIC_RANK_SHARE;
	all->turn_wire = false;
	all->turn_octets = 0;
	svnic_turn_begin(core);
	all->turn_quantum = all->lined ? SVNIC_QUANTUM : SVNIC_QUANTUM_ALONE;

	if (i == SVNIC_LINE_WIRE)
		all->wire_turns++;

	if (queues >> sched->first)
		queues = queues >> sched->first << sched->first;
	i = __builtin_ctz(queues);
	sched->first = (i + 1) % SVNIC_MAX_QUEUES;
	svnic_sched_forget(&node->fn->qp[i]);
	return &node->fn->qp[i];
}

/*
 * A frame of the queue whose turn it is; @wire: it went there. False: that was
 * the last one of this turn.
 */
bool svnic_sched_sent(struct svnic_core *core, uint32_t octets, bool wire)
{
	struct svnic_sched *all = &core->sched;
	struct svnic_vport_sched *sched = &all->turn->sched;

	all->turn_wire = wire;
	all->turn_octets += octets;
	svnic_rate_sent(core, sched, octets, all->turn_owed);
	return all->turn_octets < all->turn_quantum &&
	       !svnic_turn_spent(core) && sched->max.at <= core->now &&
	       (!all->turn_owed || sched->share.at <= core->now);
}

void svnic_sched_end(struct svnic_core *core)
{
	struct svnic_sched *all = &core->sched;
	struct svnic_vport_sched *sched = &all->turn->sched;
	struct svnic_fn *fn = all->turn;
	uint64_t had = all->turn_octets;

	if (all->turn_line == SVNIC_LINE_ANY)
		had = svnic_turn_cost(core);
	all->turn = NULL;
	svnic_clock_add(&sched->had[all->turn_line][all->turn_owed], had,
			sched->cost);
	svnic_sched_place(core, fn);
}

/* Brings back the vports whose time has come. */
void svnic_sched_expire(struct svnic_core *core)
{
	struct svnic_wheel *timers = &core->sched.timers;
	uint64_t slot = core->now >> SVNIC_TIMER_SHIFT;
	struct svnic_node *timer;

	for (;;) {
		timer = svnic_wheel_pop(timers, slot);
		if (!timer)
			break;
		svnic_sched_place(core, timer->fn);
	}
	timers->pos = slot;
}

/* When there may be something to send again. */
uint64_t svnic_sched_deadline(const struct svnic_core *core)
{
	const struct svnic_sched *all = &core->sched;
	uint64_t next = UINT64_MAX, wire;

	if (all->timers.used)
		next = svnic_wheel_next(&all->timers) << SVNIC_TIMER_SHIFT;
	if (all->line[SVNIC_LINE_WIRE].ranks && !core->wire_busy) {
		wire = all->wire.at + SVNIC_WIRE_STEP;
		if (wire < next)
			next = wire;
	}
	return next;
}
