// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: the scheduler, which decides which queue sends next
 * (section 10.7). Its words are explained in svnic_core_sched.h.
 *
 * A vport with frames to send is in one or both of two lines. LINE_ANY is for
 * queues whose next frame was not looked at yet. If a turn finds that the next
 * frame goes to the wire, which is busy, the queue changes to LINE_WIRE. So a
 * busy wire delays only frames that go there. A queue in LINE_WIRE stays there
 * as long as its frames go to the wire, see svnic_sched_stays().
 *
 * A line has a rank for each priority, and rank SHARE above them for vports
 * that are owed. In a rank, the vport with the lowest virtual time comes first.
 * Virtual time in LINE_WIRE counts bytes, since bytes are what the wire is
 * short of. In LINE_ANY it counts cost, since the time of the device is what
 * the vports compete for there.
 *
 * A vport that is held is in no line. A timer puts it back. A timer also moves
 * a vport that becomes owed to rank SHARE. No step here depends on the number
 * of vports.
 *
 * Example for the lines: a queue waits in LINE_ANY. Its turn delivers a frame
 * to a vport, and finds that the next frame goes to the wire, which is busy. So
 * the queue waits in LINE_WIRE. It gets a turn there when the wire can take a
 * frame again. If this turn ends after a frame to the wire, the queue stays in
 * LINE_WIRE. If its last frame went to a vport, or if none of the last 64 turns
 * from LINE_WIRE found the wire busy, the queue returns to LINE_ANY.
 *
 * Example for ranks: A has weight 100, B weight 200. Both always have frames
 * for the wire, and wait in the rank of priority 0 of LINE_WIRE, whose slots
 * are 16 units wide. A turn sends 65536 bytes. It advances the clock of A by
 * 65536 / 100 = 655, that of B by 65536 / 200 = 327:
 *
 *	turn	clock, slot of A	clock, slot of B
 *	-	   0	0		   0	0
 *	A	 655	40		   0	0
 *	B	 655	40		 327	20
 *	B	 655	40		 655	40
 *	A	1310	81		 655	40
 *	B	1310	81		 983	61
 *	B	1310	81		1310	81
 *
 * A slot is served in the order in which vports were added to it: A was in slot
 * 40 before B. The order is A, B, B, and B sends twice as much as A.
 *
 * The weights give A 3.3 Gb/s of a link of 10 Gb/s. Now A also has a guarantee
 * of 5 Gb/s, which is 1.6 ns per byte. Each byte that A sends, in any rank,
 * advances its clock of the guarantee by that. When A has sent 198 KB in 368
 * us, this clock is at 316 us, 52 us behind the time, and a timer has moved A
 * to rank SHARE. A has the next turn. It ends after 32768 bytes, when the clock
 * of the guarantee has caught up, and A returns to the rank of its priority.
 *
 * Which clock has this turn advanced? Each rank is a wheel with its own
 * position, and a virtual time is only valid in its own wheel. So A has two
 * clocks in the line: that of rank SHARE advances by 32768 / 100 = 327, that of
 * the rank of its priority stays at 1966, which A reached in three turns there.
 * With one clock A would have to wait in the rank of its priority for the turns
 * that it had in rank SHARE.
 */
#include "svnic_core_priv.h"
#include "svnic_core_turn.h"

/* Bytes after which a turn ends, if other vports wait, and if none does. */
#define SVNIC_QUANTUM		(64 * 1024)
#define SVNIC_QUANTUM_ALONE	(128 * 1024)

/* Log2 of the width of a slot in virtual time, by line. */
static const unsigned int svnic_line_shift[SVNIC_LINES] = {
	[SVNIC_LINE_ANY] = 7,
	[SVNIC_LINE_WIRE] = 4,
};

/* Log2 of the width of a slot of the timers: 262144 ns. */
#define SVNIC_TIMER_SHIFT	18
/* After so many turns without a refusal the wire is not the bottleneck. */
#define SVNIC_WIRE_TURNS	64
/* ns of free capacity on the wire for which the host is called again. */
#define SVNIC_WIRE_STEP		200000

static void svnic_line_add(struct svnic_core *core, struct svnic_line *line,
			   struct svnic_node *node, struct svnic_clock *had,
			   unsigned int rank)
{
	unsigned int shift = svnic_line_shift[line - core->sched.line];
	struct svnic_wheel *wheel = &line->rank[rank];
	uint64_t pos = wheel->pos << shift;

	/* A vport that had nothing to send gets no credit for that. */
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

/*
 * Puts a vport into the lines that its queues wait for, in the rank that it has
 * now, and sets its timer for the next change of that. A vport that is in the
 * right rank keeps its place. One that is held leaves all lines.
 */
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

/*
 * The line for a queue that has more frames at the end of its turn. It is
 * LINE_WIRE if the queue waited there, has just sent to the wire, and the wire
 * has refused a frame not long ago. Otherwise the next frame may go anywhere,
 * or the wire is not the bottleneck.
 */
static enum svnic_line_kind svnic_sched_stays(const struct svnic_sched *all)
{
	if (all->turn_line == SVNIC_LINE_WIRE && all->turn_wire &&
	    all->wire_turns < SVNIC_WIRE_TURNS)
		return SVNIC_LINE_WIRE;
	return SVNIC_LINE_ANY;
}

/* @qp has frames that were not looked at yet. */
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

/*
 * @qp does not wait any more. Its vport may remain in a line without a queue;
 * svnic_sched_next() skips it.
 */
void svnic_sched_forget(struct svnic_qp *qp)
{
	qp->fn->sched.queues[SVNIC_LINE_ANY] &= ~(1u << qp->index);
	qp->fn->sched.queues[SVNIC_LINE_WIRE] &= ~(1u << qp->index);
}

/* The rates of a vport have changed; @cost: virtual time per byte. */
void svnic_sched_change(struct svnic_core *core, struct svnic_fn *fn,
			unsigned int priority, uint32_t cost)
{
	struct svnic_vport_sched *sched = &fn->sched;
	unsigned int i;

	/* The virtual time is not valid in another rank or at another cost. */
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
 * The line to serve, or SVNIC_LINES if there is none. If the highest ranks of
 * both are equal, LINE_WIRE is served. LINE_ANY is served when the wire is
 * busy. If the wire is never busy, LINE_WIRE becomes empty, since its queues
 * change to LINE_ANY after SVNIC_WIRE_TURNS.
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

/*
 * Begins the turn of a queue and returns the queue, or NULL if none can send.
 * svnic_sched_end() ends the turn.
 */
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
	all->turn_bytes = 0;
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
 * The queue whose turn it is has sent a frame; @bytes: its charge, @wire: it
 * went to the wire. Returns false if the turn must end.
 */
bool svnic_sched_sent(struct svnic_core *core, uint32_t bytes, bool wire)
{
	struct svnic_sched *all = &core->sched;
	struct svnic_vport_sched *sched = &all->turn->sched;

	all->turn_wire = wire;
	all->turn_bytes += bytes;
	svnic_rate_sent(core, sched, bytes, all->turn_owed);
	return all->turn_bytes < all->turn_quantum &&
	       !svnic_turn_spent(core) && sched->max.at <= core->now &&
	       (!all->turn_owed || sched->share.at <= core->now);
}

void svnic_sched_end(struct svnic_core *core)
{
	struct svnic_sched *all = &core->sched;
	struct svnic_vport_sched *sched = &all->turn->sched;
	struct svnic_fn *fn = all->turn;
	uint64_t had = all->turn_bytes;

	if (all->turn_line == SVNIC_LINE_ANY)
		had = svnic_turn_cost(core);
	all->turn = NULL;
	svnic_clock_add(&sched->had[all->turn_line][all->turn_owed], had,
			sched->cost);
	svnic_sched_place(core, fn);
}

/* Puts the vports whose timers have expired into lines and ranks again. */
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

/* The time at which a vport may be able to send again. */
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
